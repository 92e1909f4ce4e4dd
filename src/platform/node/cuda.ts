import { execFile } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { DeviceKind, MissingDevice } from "../devices.js";
import { installedRuntime } from "./installed-runtime.js";
import { findLibrary, foldersIn, libraryFolders, preload } from "./native-libraries.js";

const run = promisify(execFile);

/** What the provider of CUDA 13 is linked with or opens, in the order in which they need each other. */
const CUDA = [
  "libcudart.so.13",
  "libcublasLt.so.13",
  "libcublas.so.13",
  "libcurand.so.10",
  "libnvrtc.so.13",
  "libcudnn.so.9",
];
const TENSORRT = ["libnvinfer.so.10", "libnvonnxparser.so.10"];
/** The driver's own library, which no package brings. */
const DRIVER = "libcuda.so.1";
const LOOK_FOR_PYTHON_MS = 10_000;

const PIP = {
  cuda: 'pip install "nvidia-cuda-runtime~=13.0" "nvidia-cublas~=13.0" "nvidia-curand~=10.0" "nvidia-cuda-nvrtc~=13.0" "nvidia-cudnn-cu13~=9.0"',
  tensorrt: 'pip install "tensorrt-cu13~=10.0"',
};

/** What is missing for CUDA or TensorRT; what is there is loaded into this process, so that the runtime finds it. */
export async function missingCuda(kind: Extract<DeviceKind, "cuda" | "tensorrt">): Promise<MissingDevice | undefined> {
  if (!installedRuntime()) {
    return { why: "its libraries are not installed", next: "run `npx sightline device install cuda`" };
  }
  const system = [...libraryFolders(), ...foldersIn("/usr/local").map((folder) => join(folder, "lib64"))];
  if (!findLibrary(DRIVER, system)) {
    return {
      why: `NVIDIA's driver, ${DRIVER}, was not found`,
      next: "install it from your system's packages or nvidia.com",
    };
  }
  const folders = [...system, ...(await pythonFolders())];
  const wanted = [...CUDA, ...(kind === "tensorrt" ? TENSORRT : [])];
  for (const name of wanted) {
    const path = findLibrary(name, folders);
    const next = TENSORRT.includes(name) ? PIP.tensorrt : PIP.cuda;
    if (!path) return { why: `${name} was not found`, next: `run \`${next}\`` };
    const refused = preload(path);
    if (refused) return { why: `${path} cannot be loaded: ${refused}`, next: `run \`${next}\`` };
  }
  // Read by cuBLAS and cuDNN when they start: sums of products in TF32 turn a gradient by 5 degrees.
  process.env.NVIDIA_TF32_OVERRIDE ??= "0";
  return undefined;
}

/** Where packages of NVIDIA's lie in the Python that is on the path, or in the environment that is active. */
async function pythonFolders(): Promise<string[]> {
  const code = "import site, sys; print('\\n'.join([*site.getsitepackages(), site.getusersitepackages()]))";
  for (const python of ["python3", "python"]) {
    try {
      const { stdout } = await run(python, ["-c", code], { timeout: LOOK_FOR_PYTHON_MS });
      const sites = stdout.split("\n").filter(Boolean);
      return sites
        .flatMap((site) => [
          ...foldersIn(join(site, "nvidia")).map((folder) => join(folder, "lib")),
          join(site, "tensorrt_libs"),
        ])
        .filter((folder) => statSync(folder, { throwIfNoEntry: false })?.isDirectory());
    } catch {
      // the next name
    }
  }
  return [];
}
