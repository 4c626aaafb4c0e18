"""placeholder"""
from pathlib import Path
from sqlshim.backends.duckdb.store import DuckStore
class FileStore(DuckStore): ...
def directory_of(uri: str) -> tuple[Path, str]: raise NotImplementedError
