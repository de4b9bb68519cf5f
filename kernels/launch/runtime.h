// The seam between our code and a GPU: ONE table of the functions that a device must offer. Three exist:
// the CUDA driver (driver.cpp, opened at run time), the block emulator (kernels/emulator/runtime.cpp), and a wrapper that
// fails on purpose (failing.h). Everything above, from the allocator to a rung of a ladder, uses the table alone.
//
// Functions return 0 or an error code of their own; require_ok() turns a code into an Error with the device's own words.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "kernels/base/error.h"

namespace ceir {

struct Extent { unsigned x = 1, y = 1, z = 1; };  // of a grid in blocks, of a block in threads

using StreamHandle = void*;  // null: the default stream
using EventHandle = void*;
using GraphHandle = void*;       // work that was written down
using ExecutableHandle = void*;  // a graph ready to be launched, again and again

// One kernel launch. `arguments` point at the parameters, in order, each of exactly its parameter's type.
struct KernelLaunch {
  const void* kernel;                                       // the host address of a __global__ function
  void (*call)(const void* kernel, void** arguments);       // calls it as a plain function; null when nvcc compiled it
  Extent grid, block;
  size_t shared_bytes = 0;                                  // dynamic shared memory of a block
  void** arguments = nullptr;
  StreamHandle stream = nullptr;
  const size_t* argument_bytes = nullptr;                   // the size of each
  int argument_count = 0;
};

struct DeviceDescription {
  std::string name;                   // "NVIDIA H100 80GB HBM3", "block emulator"
  int capability = 0;                 // 10 x major + minor: 90 is sm_90
  size_t memory_bytes = 0;
  int multiprocessors = 0;
  size_t shared_bytes_per_block = 0;  // the most a kernel may ask for
  bool emulated = false;              // no silicon: rungs that need some say so
};

// What the tensor memory accelerator of sm_90 must know of a matrix to copy boxes of it to shared memory; the driver fills it.
struct alignas(64) TensorMap { unsigned char bytes[128]; };
// A matrix of floats, (rows, columns), rows `row_stride` floats apart, in boxes of at most 256 rows and exactly 32 columns.
struct MatrixOfFloats {
  const float* data;  // a multiple of 16, and so are the rows' distances in bytes
  int64_t rows, columns, row_stride;
  int box_rows, box_columns;
};

struct Runtime {
  const char* name;  // "cuda", "emu"
  int (*device_count)(int* count);
  int (*describe)(int device, DeviceDescription* description);
  int (*use_device)(int device);  // for the calling thread
  int (*allocate)(void** memory, size_t bytes);
  int (*release)(void* memory);
  int (*allocate_pinned)(void** memory, size_t bytes);  // host memory that copies can read while the CPU goes on
  int (*release_pinned)(void* memory);
  int (*copy_in)(void* device, const void* host, size_t bytes, StreamHandle stream);
  int (*copy_out)(void* host, const void* device, size_t bytes, StreamHandle stream);
  int (*copy_within)(void* to, const void* from, size_t bytes, StreamHandle stream);
  int (*fill)(void* device, unsigned char value, size_t bytes, StreamHandle stream);
  int (*fill_words)(void* device, uint32_t value, size_t words, StreamHandle stream);
  int (*create_stream)(StreamHandle* stream);
  int (*destroy_stream)(StreamHandle stream);
  int (*synchronize)(StreamHandle stream);
  int (*create_event)(EventHandle* event);
  int (*destroy_event)(EventHandle event);
  int (*record_event)(EventHandle event, StreamHandle stream);
  int (*wait_event)(StreamHandle stream, EventHandle event);          // the stream waits, not the CPU
  int (*elapsed_ms)(float* ms, EventHandle begin, EventHandle end);   // waits for `end`
  int (*launch)(const KernelLaunch& launch);
  int (*begin_capture)(StreamHandle stream);  // what this thread queues there is written down from now on, not done
  int (*end_capture)(StreamHandle stream, GraphHandle* graph);
  int (*instantiate)(ExecutableHandle* executable, GraphHandle graph);
  int (*launch_graph)(ExecutableHandle executable, StreamHandle stream);
  int (*destroy_graph)(GraphHandle graph);
  int (*destroy_executable)(ExecutableHandle executable);
  int (*describe_matrix)(TensorMap* map, const MatrixOfFloats& matrix);
  std::string (*error_text)(int code);
};

// The CUDA driver, opened at the first call; later calls return the same. Throws Error(usage) with one sentence: no
// driver, a driver too old, no device. Nothing but this function opens a CUDA library.
const Runtime& cuda_runtime();
// The block emulator, when this program was linked with it (build/ceir-emu, the tests of rungs), else null.
const Runtime* emulator_runtime();
// Whether the emulator keeps its record of every byte (slow; it does unless told otherwise). Nothing where it is not linked.
void set_emulator_checks(bool checks);

// What kernels run on. None until someone asks for a device: a CPU run never gets here.
const Runtime* current_runtime();              // null: none
const DeviceDescription& current_device();     // throws Error(internal) when there is none
// Makes `device` of `runtime` the one in use, for this thread and all that start later. Throws Error.
void use_runtime(const Runtime& runtime, int device = 0);
void use_no_runtime();
// A driver's device is in use for the threads that said so: whoever launches or copies from a thread of its own says it first.
void use_device_in_this_thread();

// Throws Error(resource) when memory ran out, else Error(internal): "copying 4096 bytes to the device failed: ...".
void require_ok(const Runtime& runtime, int code, const char* what);

// For launch() (launch.h). Throws Error. A grid without blocks is no work, not a mistake.
void launch_kernel(const KernelLaunch& launch);
// For rungs of sm_90a. Throws Error.
TensorMap tensor_map(const float* data, int64_t rows, int64_t columns, int64_t row_stride, int box_rows, int box_columns);
unsigned block_count(int64_t n, int64_t size);  // see blocks_for()

}  // namespace ceir
