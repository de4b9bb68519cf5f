#include "models/trace.h"

#include <filesystem>
#include <memory>
#include <set>

#include "kernels/base/error.h"
#include "tensor/io/npy.h"

namespace ceir {

Trace trace_writer(const std::string& folder, const std::string& prefix) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) bad_input("{}: cannot make the folder for the trace: {}", folder, error.message());
  const auto written = std::make_shared<std::set<std::string>>();   // a name that comes again is of a later batch
  return [folder, prefix, written](const std::string& name, const Tensor& value) {
    if (!written->insert(name).second) return;
    const Tensor first = value.rows(0, 1).to(DType::f32);   // of the batch
    const Shape shape = first.shape().without(0);
    write_npy(fmt::format("{}/{}{:02}_{}.npy", folder, prefix, written->size() - 1, name), first.reshaped(shape));
  };
}

}  // namespace ceir
