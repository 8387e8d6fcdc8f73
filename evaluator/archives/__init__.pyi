from .archive import (
    Members as Members,
    SingleFile as SingleFile,
    open_submission as open_submission,
    open_zip as open_zip,
)
from .csv_text import (
    CONFIDENCE_NAMES as CONFIDENCE_NAMES,
    ProblemPlace as ProblemPlace,
    Row as Row,
    columns_of as columns_of,
    confidence_in as confidence_in,
    decoded_text as decoded_text,
    has_width as has_width,
    looks_numeric as looks_numeric,
    number_in as number_in,
    split_rows as split_rows,
)
from .json_places import (
    LineCounter as LineCounter,
    Step as Step,
    beginning as beginning,
    items_of as items_of,
    place_of as place_of,
)
from .member_names import (
    file_name as file_name,
    report_unexpected as report_unexpected,
)
from .names import (
    SlideNames as SlideNames,
    slide_names as slide_names,
)
from .single_csv import read_single_csv as read_single_csv
from .strict_json import parsed_json as parsed_json
from .zip_directory import MAX_UNPACKED_BYTES as MAX_UNPACKED_BYTES
