#include "kernels/base/error.h"

namespace ceir {

void fail(ErrorKind kind, const std::string& message) { throw Error(kind, message); }

}  // namespace ceir
