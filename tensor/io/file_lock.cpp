#include "tensor/io/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "kernels/base/error.h"
#include "kernels/base/interrupt.h"
#include "tensor/io/utf8.h"

namespace ceir {

FileLock::FileLock(const std::string& path, const std::function<void()>& waiting) {
  bool told = false;
  while (true) {
    descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (descriptor_ < 0) {
      const int e = errno;
      const bool room = e == ENOSPC || e == EDQUOT || e == EMFILE || e == ENFILE;
      fail(room ? ErrorKind::resource : ErrorKind::bad_input, "{}: cannot be made: {}", printable(path, 4096), std::strerror(e));
    }
    try {
      while (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) return;  // no locks here (some network file systems): go on without
        if (waiting && !told) waiting();
        told = true;
        throw_if_interrupted();
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
      }
    } catch (...) {
      ::close(descriptor_);
      throw;
    }
    // Whoever held it may have deleted the file: a lock on a file without a name keeps nobody out.
    struct stat opened, named;
    if (::fstat(descriptor_, &opened) == 0 && ::stat(path.c_str(), &named) == 0 && opened.st_ino == named.st_ino) return;
    ::close(descriptor_);
  }
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace ceir
