"""GPUs: what their drivers say, before any engine is asked."""

import shutil
import subprocess
from dataclasses import dataclass

from livesegment.doctor.child import Ask, Facts, NoAnswerError
from livesegment.doctor.finding import Finding, Topic, fail, ok, warn
from livesegment.packages import install

SECONDS = 15.0
CUDA_13_DRIVER = 580
"""The first driver that CUDA 13 runs on, for which ONNX Runtime is built from 1.27 on."""
CUDA_12_BUILD = "'onnxruntime-gpu[cuda,cudnn]<1.27'"
OPENCL_KINDS = {1: "default", 2: "CPU", 4: "GPU", 8: "accelerator"}
"""CL_DEVICE_TYPE, in cl.h."""
OPENCL_DRIVERS = (
    "apt-get install intel-opencl-icd (Intel) or mesa-opencl-icd (AMD); NVIDIA's driver brings it"
)


@dataclass(frozen=True, slots=True)
class NvidiaGpu:
    """What nvidia-smi says of the first GPU."""

    name: str
    driver: str
    """Version, as "580.65.06"."""

    @property
    def install(self) -> str:
        """The command that makes ONNX Runtime use it."""
        major = self.driver.split(".", maxsplit=1)[0]
        old = major.isdigit() and int(major) < CUDA_13_DRIVER
        wanted = f"pip install {CUDA_12_BUILD}" if old else install("cuda")
        return f"pip uninstall -y onnxruntime onnxruntime-gpu && {wanted}"


def nvidia_gpu() -> NvidiaGpu | str | None:
    """The first NVIDIA GPU; what nvidia-smi complains of; None where there is no nvidia-smi."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    query = [program, "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        said = subprocess.run(  # noqa: S603 -- found on the path of the user
            query, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return f"nvidia-smi gave no answer in {SECONDS:.0f} s"
    except OSError as error:
        return f"nvidia-smi cannot be run: {error.strerror}"
    first = next(iter((said.stdout or said.stderr).splitlines()), "").strip()
    name, comma, driver = first.rpartition(", ")
    if said.returncode != 0 or not comma:
        return first or f"nvidia-smi ended with status {said.returncode}"
    return NvidiaGpu(name, driver)


def findings(ask: Ask, nvidia: NvidiaGpu | str | None) -> list[Finding]:
    """Rows for OpenCL's device and NVIDIA's."""
    return [_opencl(ask), _nvidia(nvidia)]


def _nvidia(gpu: NvidiaGpu | str | None) -> Finding:
    if gpu is None:
        return ok(Topic.GRAPHICS, "NVIDIA", "no nvidia-smi here, so no GPU of theirs in use")
    if isinstance(gpu, str):
        hint = "install the driver of the GPU again, and restart; `nvidia-smi` must list it"
        return fail(Topic.GRAPHICS, "NVIDIA", gpu, hint)
    return ok(Topic.GRAPHICS, "NVIDIA", f"{gpu.name}, driver {gpu.driver}")


def _opencl(ask: Ask) -> Finding:
    name = "OpenCL"
    try:
        facts = ask("graphics:opencl_device")
    except NoAnswerError as error:
        hint = "export OPENCV_OPENCL_RUNTIME=disabled, or mend the OpenCL driver"
        return fail(Topic.GRAPHICS, name, f"asking for its devices: {error}", hint)
    if not facts["there"]:
        return warn(Topic.GRAPHICS, name, "no driver is installed", OPENCL_DRIVERS)
    if not facts["device"]:
        says = "a driver is installed, but it has no GPU"
        return warn(Topic.GRAPHICS, name, says, OPENCL_DRIVERS)
    kind = OPENCL_KINDS.get(facts["kind"], "other device")
    says = f"{facts['device']}, a {kind}; {facts['version']}"
    if kind != "GPU":
        hint = "a GPU's driver; OpenCL on a CPU is far slower than --device cpu"
        return warn(Topic.GRAPHICS, name, says, hint)
    return ok(Topic.GRAPHICS, name, says)


def opencl_device() -> Facts:
    """In a child: the OpenCL device that OpenCV takes."""
    import cv2

    if not cv2.ocl.haveOpenCL():
        return {"there": False}
    cv2.ocl.setUseOpenCL(True)
    if not cv2.ocl.useOpenCL():
        return {"there": True, "device": ""}
    device = cv2.ocl.Device.getDefault()
    return {
        "there": True,
        "device": device.name(),
        "kind": device.type(),
        "version": f"{device.OpenCLVersion().strip()}, driver {device.driverVersion()}",
    }
