// Every rung once, on a shape small enough to be run hundreds of times and large enough to pass each loop more than once.
// The mutation test runs them with one barrier switched off.
#pragma once
#include <functional>
#include <string>
#include <vector>

namespace ceir::test {

struct Exercise {
  std::string file;           // what the rung's source is called begins so: "kernels/gemm/gemm_v3"
  std::function<void()> run;  // throws Error when the emulator reports something
  std::string rung;                     // "gemm=cuda.v3"
  std::function<const char*()> lacks;   // what the rung's row says of the same arguments on the device in use
  bool gpu_only = false;
};
std::vector<Exercise> exercises();      // those that the emulator runs
std::vector<Exercise> all_exercises();  // and the others too

}  // namespace ceir::test
