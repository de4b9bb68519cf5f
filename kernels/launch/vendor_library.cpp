#include "kernels/launch/vendor_library.h"

#include <dlfcn.h>

namespace ceir {

const char* VendorLibrary::lacks() {
  if (!current_runtime()) return "no device is in use";
  std::lock_guard lock(mutex_);
  if (current_device().emulated && !named_) return sentences_.emulated;
  if (library_) return nullptr;
  if (named_) library_ = dlopen(named_, RTLD_NOW | RTLD_LOCAL);
  else
    for (const char* file : files_)
      if (!library_) library_ = dlopen(file, RTLD_NOW | RTLD_LOCAL);
  if (!library_) return sentences_.missing;
  for (const Function& f : functions_) {
    *f.to = reinterpret_cast<void (*)()>(dlsym(library_, f.name));
    if (*f.to) continue;
    dlclose(library_), library_ = nullptr;
    return sentences_.incomplete;
  }
  opening_++;
  return nullptr;
}

void VendorLibrary::use(const char* path) {
  std::lock_guard lock(mutex_);
  if (library_) dlclose(library_);
  library_ = nullptr, named_ = path;
  opening_++;
}

void* VendorHandle::get() {
  if (handle_ && (opening_ != library_.opening() || of_ != current_runtime())) release();
  if (!handle_) handle_ = create_(), opening_ = library_.opening(), of_ = current_runtime();
  return handle_;
}

void VendorHandle::release() {
  if (handle_ && opening_ == library_.opening()) destroy_(handle_);
  handle_ = nullptr;
}

}  // namespace ceir
