from pathlib import Path

import pytest

from rag.llm import llama_build
from rag.llm.llama_build import cmake_arguments, pinned_version, wheel_folder

AMX = {"sse4_2", "avx", "avx2", "bmi2", "fma", "f16c", "avx512f", "avx512cd", "avx512vl",
       "avx512dq", "avx512bw", "avx512_vnni", "avx512_bf16", "amx_tile", "amx_int8"}  # fmt: skip


def test_on_x86_every_instruction_set_is_set_explicitly_and_amx_is_never_used() -> None:
    arguments = cmake_arguments("x86_64", AMX)
    assert "-DGGML_NATIVE=OFF" in arguments
    assert "-DGGML_AVX512=ON" in arguments
    assert "-DGGML_AVX512_BF16=ON" in arguments
    assert "-DGGML_AVX512_VBMI=OFF" in arguments  # this processor lacks it
    assert not any("AMX" in argument for argument in arguments)
    old = cmake_arguments("x86_64", {"sse4_2", "avx"})
    assert "-DGGML_AVX=ON" in old
    assert "-DGGML_AVX2=OFF" in old


@pytest.mark.parametrize("machine", ["arm64", "aarch64"])
def test_other_processors_get_the_native_build(machine: str) -> None:
    assert cmake_arguments(machine, set()) == ["-DLLAVA_BUILD=OFF"]


def test_wheels_of_other_switches_and_versions_have_other_folders(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folders = {
        wheel_folder("0.3.36", ["-DGGML_AVX=ON"]),
        wheel_folder("0.3.36", ["-DGGML_AVX=OFF"]),
        wheel_folder("0.3.37", ["-DGGML_AVX=ON"]),
    }
    assert len(folders) == 3
    assert all(folder.is_relative_to(tmp_path) for folder in folders)


def test_the_version_comes_from_the_constraints() -> None:
    assert pinned_version("a==1\nllama-cpp-python==0.3.36\n") == "0.3.36"


def test_a_build_that_fails_says_so_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(llama_build, "LOG", tmp_path / "log")
    monkeypatch.setattr(llama_build, "PACKAGE", "no-such-package-anywhere")
    monkeypatch.setattr(llama_build, "pinned_version", lambda text: "1.0")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    assert llama_build.main() == 1
    *_, last = capsys.readouterr().err.splitlines()
    assert "install a C++ compiler and run `make llama`" in last
    assert (tmp_path / "log").read_text().startswith("CMAKE_ARGS=")
