"""A source distribution called llama-cpp-python that builds in a moment.

Like the real one it reads its switches from $CMAKE_ARGS, and its module remembers them. What fails
is decided by the environment: `FAKE_BUILD_FAILS` is a switch with which the build fails, and
`FAKE_IMPORT_FAILS` one with which the built module cannot be loaded.
"""

import io
import tarfile
from pathlib import Path

VERSION = "0.3.36"
PROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
BACKEND = '''
import os
import zipfile
from pathlib import Path

NAME = "llama_cpp_python-VERSION"
MODULE = """
ARGUMENTS = {arguments!r}
if {broken!r}:
    raise ImportError("libcudart.so.12: cannot open shared object file")
"""


def _has(variable):
    return os.environ.get(variable, "no switch") in os.environ["CMAKE_ARGS"].split()


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    if _has("FAKE_BUILD_FAILS"):
        raise SystemExit("nvcc fatal: Unsupported gpu architecture")
    arguments = os.environ["CMAKE_ARGS"].split()
    info = f"{NAME}.dist-info"
    files = {
        "llama_cpp.py": MODULE.format(arguments=arguments, broken=_has("FAKE_IMPORT_FAILS")),
        f"{info}/METADATA": "Metadata-Version: 2.1\\nName: llama-cpp-python\\nVersion: VERSION\\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{name},,\\n" for name in [*files, f"{info}/RECORD"])
    wheel = f"{NAME}-py3-none-any.whl"
    with zipfile.ZipFile(Path(wheel_directory) / wheel, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return wheel
'''.replace("VERSION", VERSION)


def write_llama_sdist(folder: Path) -> None:
    """Write it to the folder, for pip's --find-links."""
    name = f"llama_cpp_python-{VERSION}"
    files = {
        "PKG-INFO": f"Metadata-Version: 2.1\nName: llama-cpp-python\nVersion: {VERSION}\n",
        "pyproject.toml": PROJECT,
        "backend.py": BACKEND,
    }
    with tarfile.open(folder / f"{name}.tar.gz", "w:gz") as archive:
        for path, text in files.items():
            entry = tarfile.TarInfo(f"{name}/{path}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
