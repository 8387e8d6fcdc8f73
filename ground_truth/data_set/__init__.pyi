from .paths import relative_path as relative_path
