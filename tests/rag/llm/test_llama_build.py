"""Which build of llama.cpp is made and installed, with a package that builds in a moment."""

import json
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.llm import llama_build
from rag.llm.gpu import CudaCompiler, Gpu
from rag.llm.llama_build import (
    PROCESSOR,
    choose_target,
    cmake_arguments,
    pinned_version,
    wheel_folder,
)
from tests.models.llama_sdist import VERSION, write_llama_sdist
from tests.models.programs import NVCC, NVIDIA_SMI, only_programs_in, write_program

ROOT = Path(__file__).parents[3]
AMX = {"sse4_2", "avx", "avx2", "bmi2", "fma", "f16c", "avx512f", "avx512cd", "avx512vl",
       "avx512dq", "avx512bw", "avx512_vnni", "avx512_bf16", "amx_tile", "amx_int8"}  # fmt: skip
H200 = Gpu("CUDA", "NVIDIA H200", ("90",))
TWO_GPUS = Gpu("CUDA", "NVIDIA A100", ("80", "90"))
M2 = Gpu("Metal", "Apple M2")
COMPILER = CudaCompiler("/opt/cuda/bin/nvcc", "12.6")
FOR_H200 = "this processor and NVIDIA H200 (CUDA 12.6)"


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
    with_gpu = cmake_arguments("x86_64", AMX, ["-DGGML_CUDA=ON"])
    assert with_gpu == [*arguments, "-DGGML_CUDA=ON"]


@pytest.mark.parametrize("machine", ["arm64", "aarch64"])
def test_other_processors_get_the_native_build(machine: str) -> None:
    assert cmake_arguments(machine, set()) == ["-DLLAVA_BUILD=OFF"]


@pytest.mark.parametrize(
    ("choice", "gpu", "compiler", "name", "switches"),
    [
        ("auto", None, None, "this processor", []),
        ("auto", None, COMPILER, "this processor", []),
        ("auto", H200, COMPILER, FOR_H200, ["-DGGML_CUDA=ON", "-DCMAKE_CUDA_ARCHITECTURES=90"]),
        ("cuda", H200, COMPILER, FOR_H200, ["-DGGML_CUDA=ON", "-DCMAKE_CUDA_ARCHITECTURES=90"]),
        ("auto", TWO_GPUS, COMPILER, "this processor and NVIDIA A100 (CUDA 12.6)",
         ["-DGGML_CUDA=ON", "-DCMAKE_CUDA_ARCHITECTURES=80;90"]),
        ("cuda", None, COMPILER, "this processor and NVIDIA GPUs (CUDA 12.6)", ["-DGGML_CUDA=ON"]),
        ("none", H200, COMPILER, "this processor", []),
        ("auto", M2, None, "this processor and Apple M2 (Metal)", ["-DGGML_METAL=ON"]),
        ("metal", M2, None, "this processor and Apple M2 (Metal)", ["-DGGML_METAL=ON"]),
    ],
)  # fmt: skip
def test_the_machine_and_the_operator_choose_the_target(
    choice: str, gpu: Gpu | None, compiler: CudaCompiler | None, name: str, switches: list[str]
) -> None:
    target, remark = choose_target(choice, gpu, compiler)
    compiled_by = [f"-DCMAKE_CUDA_COMPILER={COMPILER.path}"] if target.api == "CUDA" else []
    assert (target.name, remark) == (name, "")
    assert sorted(target.switches) == sorted(switches + compiled_by)


@pytest.mark.parametrize(
    ("choice", "gpu", "compiler", "remark"),
    [
        ("auto", H200, None, "This machine has an NVIDIA H200, but there is no CUDA compiler "
         "(nvcc) that works: install NVIDIA's CUDA toolkit (https://developer.nvidia.com/"
         "cuda-downloads, or the package nvidia-cuda-toolkit of your system), then run `make llama`"
         " again."),
        ("cuda", None, None, "CUDA was asked for, but there is no CUDA compiler"),
        ("cuda", M2, None, "CUDA was asked for, but there is no CUDA compiler"),
        ("metal", H200, COMPILER, "Metal exists on Apple Silicon only"),
        ("none", M2, None, "set [rag.model] gpu_layers = 0"),
    ],
)  # fmt: skip
def test_what_cannot_be_built_is_said_and_the_processor_remains(
    choice: str, gpu: Gpu | None, compiler: CudaCompiler | None, remark: str
) -> None:
    target, said = choose_target(choice, gpu, compiler)
    assert target == PROCESSOR
    assert remark in said
    assert "\n" not in said


def test_wheels_of_other_switches_and_versions_have_other_folders(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folders = {
        wheel_folder("0.3.36", ["-DGGML_AVX=ON"]),
        wheel_folder("0.3.36", ["-DGGML_AVX=OFF"]),
        wheel_folder("0.3.36", ["-DGGML_AVX=ON"], "12.6"),
        wheel_folder("0.3.36", ["-DGGML_AVX=ON"], "13.0"),
        wheel_folder("0.3.37", ["-DGGML_AVX=ON"]),
    }
    assert len(folders) == 5
    assert all(folder.is_relative_to(tmp_path) for folder in folders)


def test_the_version_comes_from_the_constraints() -> None:
    assert pinned_version("a==1\nllama-cpp-python==0.3.36\n") == "0.3.36"


@pytest.fixture
def no_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No build can succeed; only the programs in `bin` are found."""
    only_programs_in(tmp_path / "bin", monkeypatch)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(llama_build, "LOG", tmp_path / "log")
    monkeypatch.setattr(llama_build, "PACKAGE", "no-such-package-anywhere")
    monkeypatch.setattr(llama_build, "pinned_version", lambda text: "1.0")
    monkeypatch.setenv("PIP_NO_INDEX", "1")


@pytest.mark.slow
@pytest.mark.usefixtures("no_package")
def test_a_build_that_fails_says_so_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert llama_build.main([]) == 1
    first, last = capsys.readouterr().err.splitlines()
    assert first == "Building llama.cpp for this processor (about 4 minutes, once) …"
    assert "install a C++ compiler and run `make llama`" in last
    assert (tmp_path / "log").read_text().startswith("CMAKE_ARGS=")


@pytest.mark.slow
@pytest.mark.usefixtures("no_package")
def test_a_gpu_is_announced_and_a_build_for_it_that_fails_leads_to_the_processors(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_program(tmp_path / "bin", "nvidia-smi", NVIDIA_SMI)
    write_program(tmp_path / "bin", "nvcc", NVCC)
    assert llama_build.main(["auto"]) == 1
    for_gpu, instead, for_processor, last = capsys.readouterr().err.splitlines()
    assert for_gpu == f"Building llama.cpp for {FOR_H200} (longer than 4 minutes, once) …"
    assert instead.startswith("llama.cpp could not be built with CUDA (see ")
    assert for_processor == "Building llama.cpp for this processor (about 4 minutes, once) …"
    assert "install a C++ compiler" in last
    log = (tmp_path / "log").read_text()
    assert f"-DCMAKE_CUDA_COMPILER={tmp_path}/bin/nvcc -DCMAKE_CUDA_ARCHITECTURES=90" in log


def test_an_unknown_choice_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        llama_build.main(["vulkan"])
    assert "choose from" in capsys.readouterr().err


# -- up to the installed module, in an environment of its own ----------------------------------

Build = Callable[..., list[str]]
# As `python -m rag.llm.llama_build`, on a machine whose CUDA toolkit is in the given folder.
SCRIPT = """
import sys
from pathlib import Path
from rag.llm import gpu, llama_build
gpu.CUDA_FOLDER = Path(sys.argv[1])
sys.exit(llama_build.main(sys.argv[2:]))
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an empty virtual environment."""
    folder = tmp_path_factory.mktemp("environment") / "venv"
    venv.create(folder, with_pip=True)
    return folder / "bin" / Path(sys.executable).name


@pytest.fixture
def build(python: Path, tmp_path: Path) -> Build:
    """Run `make llama`'s module beside the given programs; return its lines."""
    write_llama_sdist(tmp_path)
    (tmp_path / "constraints.txt").write_text(f"llama-cpp-python=={VERSION}\n")
    (tmp_path / "bin").mkdir()

    def run(*arguments: str, **environment: str) -> list[str]:
        found = {
            "PATH": str(tmp_path / "bin"),
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
            "PYTHONPATH": str(ROOT),
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(tmp_path),
        }
        done = subprocess.run(
            [python, "-c", SCRIPT, tmp_path / "toolkit", *arguments], cwd=tmp_path, check=True,
            env=found | environment, capture_output=True, text=True,
        )  # fmt: skip
        return done.stderr.splitlines()

    return run


def built_with(python: Path) -> list[str]:
    """Return the switches of the installed module."""
    code = "import json, llama_cpp; print(json.dumps(llama_cpp.ARGUMENTS))"
    done = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True)
    arguments: list[str] = json.loads(done.stdout)
    return arguments


@pytest.mark.slow
def test_a_gpu_and_its_compiler_lead_to_a_cuda_build_and_back(
    build: Build, python: Path, tmp_path: Path
) -> None:
    write_program(tmp_path / "bin", "nvidia-smi", NVIDIA_SMI)
    nvcc = write_program(tmp_path / "toolkit/bin", "nvcc", NVCC)
    assert build() == [f"Building llama.cpp for {FOR_H200} (longer than 4 minutes, once) …"]
    assert "-DGGML_CUDA=ON" in built_with(python)
    assert f"-DCMAKE_CUDA_COMPILER={nvcc}" in built_with(python)
    assert "-DCMAKE_CUDA_ARCHITECTURES=90" in built_with(python)
    assert build("none") == ["Building llama.cpp for this processor (about 4 minutes, once) …"]
    assert "-DGGML_CUDA=ON" not in built_with(python)
    assert build("cuda") == [f"Installing llama.cpp, built earlier for {FOR_H200} …"]
    assert "-DGGML_CUDA=ON" in built_with(python)


@pytest.mark.slow
@pytest.mark.parametrize("fails", ["FAKE_BUILD_FAILS", "FAKE_IMPORT_FAILS"])
def test_a_cuda_build_that_fails_is_replaced_by_the_processors(
    build: Build, python: Path, tmp_path: Path, fails: str
) -> None:
    write_program(tmp_path / "bin", "nvidia-smi", NVIDIA_SMI)
    write_program(tmp_path / "toolkit/bin", "nvcc", NVCC)
    for _ in range(2):  # nothing that does not work is remembered
        first, second, third = build(**{fails: "-DGGML_CUDA=ON"})
        assert first == f"Building llama.cpp for {FOR_H200} (longer than 4 minutes, once) …"
        assert second.startswith("llama.cpp could not be built with CUDA (see ")
        assert second.endswith("): it is built for the processor alone instead.")
        assert "for this processor" in third
        assert "-DGGML_CUDA=ON" not in built_with(python)
    log = (python.parents[1] / "llama-build.log").read_text()
    assert "-DGGML_CUDA=ON" in log
    assert "Unsupported gpu architecture" in log or "libcudart.so.12: cannot open" in log


@pytest.mark.slow
def test_a_gpu_without_a_compiler_gets_a_hint_and_the_processors_build(
    build: Build, python: Path, tmp_path: Path
) -> None:
    write_program(tmp_path / "bin", "nvidia-smi", NVIDIA_SMI)
    hint, line = build()
    assert hint.startswith("This machine has an NVIDIA H200, but there is no CUDA compiler")
    assert line == "Building llama.cpp for this processor (about 4 minutes, once) …"
    assert "-DGGML_CUDA=ON" not in built_with(python)
