"""What each camera's picture is held against: built by itself from good looks, renewed by a person after a move."""
