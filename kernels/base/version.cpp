#include "kernels/base/version.h"

namespace ceir {

const char* version() { return CEIR_VERSION; }

}  // namespace ceir
