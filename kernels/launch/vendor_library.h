// A library of NVIDIA's whose functions stand in our tables beside our own rungs (cuBLAS, cuDNN): opened when one of its rows is
// first asked for and a GPU is in use, never before. Nothing of NVIDIA's is needed to build: whoever calls declares what it calls.
#pragma once
#include <functional>
#include <mutex>
#include <vector>

#include "kernels/launch/runtime.h"

namespace ceir {

class VendorLibrary {
 public:
  struct Function {
    const char* name;
    void (**to)();  // what is called later, set when the library is opened
  };
  struct Sentences {
    const char* emulated;    // "cuDNN runs only on a GPU"
    const char* missing;     // none of the files can be opened
    const char* incomplete;  // one was opened, and lacks a function
  };

  // `files`: what dlopen is asked for, the first that is there is taken. `functions`: all that are needed.
  VendorLibrary(std::vector<const char*> files, std::vector<Function> functions, Sentences sentences)
      : files_(std::move(files)), functions_(std::move(functions)), sentences_(sentences) {}

  // Null when it is open and can compute on the device in use, else why not. Asked again, it looks again.
  const char* lacks();

  // Opens another file in place of NVIDIA's, and takes any device for a GPU (tests); null: as before. Objects that were made by
  // the former one are forgotten, not given to the new one.
  void use(const char* path);

  int opening() const { return opening_; }  // which opening this is; 0: none yet

 private:
  std::vector<const char*> files_;
  std::vector<Function> functions_;
  Sentences sentences_;
  std::mutex mutex_;
  const char* named_ = nullptr;
  void* library_ = nullptr;
  int opening_ = 0;
};

// What such a library calls a handle: made for a device at the first use. One for each thread, as no two may use one at a time.
class VendorHandle {
 public:
  VendorHandle(VendorLibrary& library, std::function<void*()> create, std::function<void(void*)> destroy)
      : library_(library), create_(std::move(create)), destroy_(std::move(destroy)) {}
  VendorHandle(const VendorHandle&) = delete;
  VendorHandle& operator=(const VendorHandle&) = delete;
  ~VendorHandle() { release(); }

  void* get();      // throws what `create` throws
  void release();   // no exception: called by destructors

 private:
  VendorLibrary& library_;
  std::function<void*()> create_;
  std::function<void(void*)> destroy_;
  void* handle_ = nullptr;
  int opening_ = 0;
  const Runtime* of_ = nullptr;
};

}  // namespace ceir
