// Python's pickle format (docs.python.org/3/library/pickletools.html, protocols 0 to 5), read as far as torch.save and
// TorchScript use it, and not one step further: numbers, texts, tuples, lists, dictionaries, tensors. A pickle is a program
// that may call any function of Python; here nothing is called. A function or class outside the list in pickle_globals.cpp
// is refused by name.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/shape.h"

namespace ceir {

enum class PickleKind : uint8_t { none, boolean, integer, huge_integer, real, text, bytes, tuple, list, dict, global, storage, tensor, object };

// Values refer to each other by their place in Pickle::values: cycles and sharing cost nothing.
struct PickleValue {
  PickleKind kind = PickleKind::none;
  int64_t integer = 0;               // boolean, integer; storage and tensor: place in Pickle::storages, ::tensors
  double real = 0;
  std::string_view text;             // text, bytes; huge_integer: its bytes; global: "torch.FloatStorage"; object: its class
  std::vector<uint32_t> items;       // tuple, list; dict: key, value, key, value...; object: its state, when it has one
};

struct PickledStorage {
  std::string key;        // which record of the file holds it
  const char* dtype;      // safetensors' word
  int64_t element_bytes;
  int64_t elements;
};

// Element (i, j, ...) lies at offset + i strides[0] + j strides[1] + ... of the storage, in elements. All of them lie inside.
struct PickledTensor {
  uint32_t storage;       // place in Pickle::storages
  const char* dtype;
  int64_t element_bytes;
  int64_t offset;
  Shape shape;
  Strides strides;
  int64_t span;           // elements from the first to the last one, both included; 0 for an empty tensor
};

struct Pickle {
  std::vector<PickleValue> values;
  std::vector<PickledStorage> storages;
  std::vector<PickledTensor> tensors;
  std::deque<std::string> texts;   // those that do not lie in the stream itself
  uint32_t root = 0;
  size_t bytes = 0;                // how long the stream was

  const PickleValue& top() const { return values[root]; }
  const PickleValue& at(uint32_t i) const { return values[i]; }
  // The value of a dictionary's text key, or null; the last one where a key stands twice, as in Python.
  const PickleValue* find(const PickleValue& dict, std::string_view key) const;
};

// Reads one pickle from the front of `stream`, which must outlive the result. `torchscript`: classes "__torch__..." become
// objects whose state is kept and whose code is not. Throws Error(bad_input) in one sentence that begins with `where` (the
// file): an unknown function or class by its name, an opcode that no checkpoint has, a damaged stream, tensors that lie
// outside their storage, more values than a checkpoint can have.
Pickle read_pickle(std::span<const std::byte> stream, const std::string& where, bool torchscript);

// Which types torch's names mean; null for none: "torch.HalfStorage", "torch.cuda.HalfStorage", "torch.float16".
struct TorchType {
  const char *storage, *dtype;   // "HalfStorage", "float16"
  const char* word;              // safetensors' word
  int64_t bytes;
};
const TorchType* find_storage_type(std::string_view global);
const TorchType* find_dtype(std::string_view global);

}  // namespace ceir
