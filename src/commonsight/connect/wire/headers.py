"""Header fields as RTSP, SIP and HTTP write them."""

from collections.abc import Iterable, Iterator


class Headers:
    """Header fields in order, found without regard to case; a field may stand more than once."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        self._fields = list(fields)

    def all(self, name: str) -> list[str]:
        """Every value of `name`, in order."""
        wanted = name.lower()
        return [value for key, value in self._fields if key.lower() == wanted]

    def add(self, name: str, value: str) -> None:
        """One more field, behind the others."""
        self._fields.append((name, value))

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self._fields == other._fields

    def __repr__(self) -> str:
        # Names only: values may be credentials.
        return f"Headers({[name for name, _ in self._fields]})"
