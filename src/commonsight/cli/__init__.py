"""The command line: `commonsight <noun> <verb>`.

Exit codes: 0 done, 1 found something wrong, 2 wrong use. Progress goes to standard error.
"""
