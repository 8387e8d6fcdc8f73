"""Lists common passwords of allowed length, in casefolded form."""

COMMON_PASSWORDS = frozenset(
    """
    098765432109 0987654321098 101010101010 111222333444 112233445566 121212121212 123123123123
    123321123321 123456789012 1234567890123 12345678901234 1234567890ab 123456789123 1234567891234
    147258369147 1q2w3e4r5t6y 1q2w3e4r5t6y7u 1qaz2wsx3edc 1qaz2wsx3edc4rfv 741852963741
    987654321012 a123456789012 a1b2c3d4e5f6 aa1234567890 abc123456789 abc123abc123 abcd12345678
    abcdef123456 abcdefghijkl abcdefghijklm abcdefghijklmnop admin1234567 admin12345678
    admin123456789 adminadmin12 adminadminadmin administrator administrator1 administrator123
    asdfasdfasdf asdfghjkl123 asdfghjkl1234 asdfghjklqwe asdfghjklzxc baseball1234 camelyon1234
    camelyon161718 camelyon16camelyon camelyon16camelyon17 camelyoncamelyon challenge123
    challenge1234 changeme1234 changeme12345 changemenow12 changemeplease charlie12345
    computer1234 correcthorsebatterystaple dragon123456 football1234 guest1234567 hello1234567
    hellohello12 helloworld12 helloworld123 iloveyou1234 iloveyou12345 iloveyou123456 iloveyou2024
    iloveyou2025 iloveyouforever iloveyousomuch internet1234 leaderboard1 leaderboard123
    letmein12345 letmein123456 letmeinplease liverpool1234 master123456 michael12345 monkey123456
    mypassword123 newpassword123 p@ssw0rd123! p@ssw0rd1234 p@ssword123! p@ssword1234
    p@ssword123456 passw0rd123! passw0rd1234 password123! password123!! password1234 password12345
    password123456 password1234567 password12345678 password2023 password2024 password2025
    password2026 passwordpassword pathology123 pathology1234 pokemon12345 princess1234
    qazwsxedc123 qazwsxedcrfv qwer1234asdf qwerty123456 qwerty1234567 qwerty12345678 qwerty654321
    qwertyqwerty qwertyuiop12 qwertyuiop123 qwertyuiop[] qwertyuiopas qwertyuiopasdfgh
    samsung12345 secret123456 secretsecret shadow123456 starwars1234 sunshine1234 superman1234
    temp12345678 test12345678 testing12345 testpassword1 testtesttest thisisapassword trustno12345
    welcome1234! welcome12345 welcome123456 whateverwhatever zaq12wsxcde3 zxcvbnm12345
    zxcvbnmasdfg
    """.split()  # noqa: SIM905 - a list of 140 quoted strings reads worse
)
"""Digits, keyboard rows and words from public lists of common passwords, and our own name."""
