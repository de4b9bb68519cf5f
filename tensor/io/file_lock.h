// One process at a time: an advisory lock on a file (flock), as Python's filelock takes it on Unix, so that both keep
// out of each other's way. The lock goes with the process, however it ends.
#pragma once
#include <functional>
#include <string>

namespace ceir {

class FileLock {
 public:
  // Makes the file (its folder must exist) and waits until the lock is free, interruptible; `waiting` is called once if
  // it is not free at first. Throws Error(bad_input) when the file cannot be made. A file system without locks is no error.
  explicit FileLock(const std::string& path, const std::function<void()>& waiting = nullptr);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace ceir
