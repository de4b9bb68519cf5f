// The functions and classes that a checkpoint may name, and what we make in their place. None of Python's code runs.
#include <algorithm>

#include "kernels/base/checked.h"
#include "tensor/io/utf8.h"
#include "weights/unpickler.h"

namespace ceir {
namespace {

constexpr size_t most_tensors = 200'000;

// torch/storage.py and torch/_C: the typed storages and what they hold.
constexpr TorchType types[] = {
    {"FloatStorage", "float32", "F32", 4},      {"HalfStorage", "float16", "F16", 2},      {"BFloat16Storage", "bfloat16", "BF16", 2},
    {"DoubleStorage", "float64", "F64", 8},     {"LongStorage", "int64", "I64", 8},        {"IntStorage", "int32", "I32", 4},
    {"ShortStorage", "int16", "I16", 2},        {"CharStorage", "int8", "I8", 1},          {"ByteStorage", "uint8", "U8", 1},
    {"BoolStorage", "bool", "BOOL", 1},         {"ComplexFloatStorage", "complex64", "C64", 8},
    {"UntypedStorage", nullptr, "U8", 1},       {nullptr, "uint16", "U16", 2},             {nullptr, "uint32", "U32", 4},
    {nullptr, "uint64", "U64", 8},              {nullptr, "float8_e4m3fn", "F8_E4M3", 1},  {nullptr, "float8_e5m2", "F8_E5M2", 1},
    {nullptr, "float", "F32", 4},               {nullptr, "half", "F16", 2},               {nullptr, "long", "I64", 8}};

enum class Role : uint8_t { none, ordered_dict, tensor, tensor_v3, parameter, from_type, tuple, device, list, type, storage_type, dtype };

struct Allowed { const char* name; Role role; };
constexpr Allowed allowed[] = {
    {"collections.OrderedDict", Role::ordered_dict},
    {"torch._utils._rebuild_tensor", Role::tensor},
    {"torch._utils._rebuild_tensor_v2", Role::tensor},
    {"torch._utils._rebuild_tensor_v3", Role::tensor_v3},
    {"torch._utils._rebuild_parameter", Role::parameter},
    {"torch._utils._rebuild_parameter_with_state", Role::parameter},
    {"torch._tensor._rebuild_from_type_v2", Role::from_type},
    {"torch.Size", Role::tuple},
    {"torch.device", Role::device},
    {"torch.Tensor", Role::type},
    {"torch.nn.parameter.Parameter", Role::type},
    {"torch.nn.Parameter", Role::type},
    {"torch.nn.parameter.Buffer", Role::type},
    {"torch.jit._pickle.build_intlist", Role::list},       // TorchScript's typed lists
    {"torch.jit._pickle.build_boollist", Role::list},
    {"torch.jit._pickle.build_doublelist", Role::list},
    {"torch.jit._pickle.build_tensorlist", Role::list},
    {"torch.jit._pickle.restore_type_tag", Role::list}};

bool is_torchscript_class(std::string_view name) { return name.starts_with("__torch__."); }

Role role_of(std::string_view name, bool torchscript) {
  for (const Allowed& a : allowed)
    if (name == a.name) return a.role;
  if (find_storage_type(name)) return Role::storage_type;
  if (find_dtype(name)) return Role::dtype;
  return torchscript && is_torchscript_class(name) ? Role::type : Role::none;
}

}  // namespace

const TorchType* find_storage_type(std::string_view global) {
  for (const std::string_view module : {"torch.storage.", "torch.cuda.", "torch."})   // torch.storage has the untyped one since 1.12
    if (global.starts_with(module)) {
      global.remove_prefix(module.size());
      for (const TorchType& t : types)
        if (t.storage && global == t.storage) return &t;
      return nullptr;
    }
  return nullptr;
}

const TorchType* find_dtype(std::string_view global) {
  if (!global.starts_with("torch.")) return nullptr;
  for (const TorchType& t : types)
    if (t.dtype && global.substr(6) == t.dtype) return &t;
  return nullptr;
}

void Unpickler::refuse_global(std::string_view name) const {
  bad_input("{}: its pickle names '{}', which a checkpoint of tensors does not need and which could run code, so nothing of it was run or read: fetch the weights "
            "as safetensors, or, if you trust whoever made the file, save its state_dict() alone in Python", where_, printable(name, 200));
}

void Unpickler::refuse_call(std::string_view name) const {
  bad_input("{}: its pickle uses '{}' as torch.save never does, so nothing of it was run: fetch the weights as safetensors, or save the state_dict() again in Python",
            where_, printable(name, 200));
}

void Unpickler::push_global(std::string_view module, std::string_view name) {
  std::string full = std::string(module) + "." + std::string(name);
  if (role_of(full, torchscript_) == Role::none) refuse_global(full);
  push_text(PickleKind::global, pickle_.texts.emplace_back(std::move(full)));
}

// A dictionary: of nothing, or of a list of pairs.
PickleValue Unpickler::ordered_dict(std::span<const uint32_t> arguments) {
  PickleValue dict{.kind = PickleKind::dict};
  if (arguments.empty()) return dict;
  if (arguments.size() != 1 || (value(arguments[0]).kind != PickleKind::list && value(arguments[0]).kind != PickleKind::tuple)) refuse_call("collections.OrderedDict");
  for (const uint32_t i : value(arguments[0]).items) {
    const PickleValue& pair = value(i);
    if ((pair.kind != PickleKind::tuple && pair.kind != PickleKind::list) || pair.items.size() != 2) refuse_call("collections.OrderedDict");
    dict.items.insert(dict.items.end(), pair.items.begin(), pair.items.end());
  }
  return dict;
}

// REDUCE: function(*arguments).
void Unpickler::call(uint32_t function, uint32_t arguments) {
  const PickleValue& f = value(function);
  if (f.kind == PickleKind::object) refuse_call(f.text);
  if (f.kind != PickleKind::global) damaged("it calls something that is no function");
  const std::string_view name = f.text;
  if (value(arguments).kind != PickleKind::tuple) refuse_call(name);
  const std::vector<uint32_t> list = value(arguments).items;   // a copy: values move when one is added
  const auto is = [&](size_t i, PickleKind kind) { return i < list.size() && value(list[i]).kind == kind; };
  switch (role_of(name, torchscript_)) {
    case Role::ordered_dict: push(ordered_dict(list)); return;
    case Role::tensor: push(make_tensor(list, false, name)); return;
    case Role::tensor_v3: push(make_tensor(list, true, name)); return;
    case Role::parameter:                                              // (tensor, requires_grad, hooks[, state])
      if (!is(0, PickleKind::tensor)) refuse_call(name);
      push(list[0]);
      return;
    case Role::from_type:                                              // (function, type, arguments, state)
      if (list.size() != 4 || !is(0, PickleKind::global) || !is(1, PickleKind::global) || !is(2, PickleKind::tuple)) refuse_call(name);
      if (const Role inner = role_of(value(list[0]).text, false); inner != Role::tensor && inner != Role::tensor_v3) refuse_call(value(list[0]).text);
      if (role_of(value(list[1]).text, false) != Role::type) refuse_call(value(list[1]).text);
      call(list[0], list[2]);
      return;
    case Role::tuple:
      if (list.size() != 1 || (!is(0, PickleKind::tuple) && !is(0, PickleKind::list))) refuse_call(name);
      push(PickleValue{.kind = PickleKind::tuple, .items = value(list[0]).items});
      return;
    case Role::device:                                                 // ("cuda", 0): where it lay means nothing here
      if (!is(0, PickleKind::text)) refuse_call(name);
      push(list[0]);
      return;
    case Role::list:
      if (list.empty()) refuse_call(name);
      push(list[0]);
      return;
    case Role::none: case Role::type: case Role::storage_type: case Role::dtype: refuse_call(name);
  }
}

void Unpickler::create(uint32_t type, uint32_t arguments, const char* how) {
  const PickleValue& t = value(type);
  if (t.kind != PickleKind::global) damaged(fmt::format("{} of something that is no class", how));
  const bool plain = value(arguments).kind == PickleKind::tuple && value(arguments).items.empty() && how == std::string_view("NEWOBJ");
  if (plain && torchscript_ && is_torchscript_class(t.text)) push(PickleValue{.kind = PickleKind::object, .text = t.text});
  else if (plain && t.text == "collections.OrderedDict") push(PickleValue{.kind = PickleKind::dict});
  else refuse_call(t.text);
}

// BUILD: an object's state is kept, never given to a __setstate__; attributes of dictionaries (_metadata) and of tensors mean nothing here.
void Unpickler::build(uint32_t target, uint32_t state) {
  PickleValue& t = pickle_.values[target];
  if (t.kind == PickleKind::object) t.items.assign(1, state);
  else if (t.kind == PickleKind::global) refuse_call(t.text);
  else if (t.kind != PickleKind::dict && t.kind != PickleKind::tensor) damaged("it gives a state to something that has none");
}

// ("storage", type, key, location, elements): where a storage lay ("cuda:0") means nothing here.
void Unpickler::persistent(uint32_t id) {
  const PickleValue& v = value(id);
  const auto item = [&](size_t i) -> const PickleValue& { return value(v.items[i]); };
  if (v.kind != PickleKind::tuple || v.items.size() < 5 || item(0).kind != PickleKind::text || item(0).text != "storage")
    damaged("a persistent id that names no storage, the only thing that torch.save keeps apart");
  if (item(1).kind != PickleKind::global) damaged("a storage without its type");
  const TorchType* type = find_storage_type(item(1).text);
  if (!type) refuse_call(item(1).text);
  if (item(2).kind != PickleKind::text || item(4).kind != PickleKind::integer) damaged("a storage without its key or size");
  if (v.items.size() > 5 && item(5).kind != PickleKind::none) bad_input("{}: a storage that is a view of another one (torch before 0.4); save the state_dict() again with a newer torch", where_);
  PickledStorage s{std::string(item(2).text), type->word, type->bytes, item(4).integer};
  checked_mul(s.elements, s.element_bytes, fmt::format("{}: storage '{}'", where_, printable(s.key)));
  if (pickle_.storages.size() >= most_tensors) bad_input("{}: its pickle names more than {} storages; a checkpoint has far fewer", where_, most_tensors);
  pickle_.storages.push_back(std::move(s));
  push(PickleValue{.kind = PickleKind::storage, .integer = static_cast<int64_t>(pickle_.storages.size() - 1)});
}

// (storage, offset, size, stride, ...); the third version has the type as its seventh argument and an untyped storage.
uint32_t Unpickler::make_tensor(std::span<const uint32_t> a, bool v3, std::string_view function) {
  const auto kind = [&](size_t i) { return value(a[i]).kind; };
  if (a.size() < (v3 ? 7u : 4u) || kind(0) != PickleKind::storage || kind(1) != PickleKind::integer) refuse_call(function);
  const auto numbers = [&](size_t i) {
    if (kind(i) != PickleKind::tuple && kind(i) != PickleKind::list) refuse_call(function);
    std::vector<int64_t> list;
    for (const uint32_t n : value(a[i]).items) {
      if (value(n).kind != PickleKind::integer) refuse_call(function);
      list.push_back(value(n).integer);
    }
    return list;
  };
  const std::vector<int64_t> sizes = numbers(2), strides = numbers(3);
  PickledTensor t{};
  t.storage = static_cast<uint32_t>(value(a[0]).integer);
  const PickledStorage& s = pickle_.storages[t.storage];
  t.dtype = s.dtype, t.element_bytes = s.element_bytes;
  int64_t elements = s.elements;
  if (v3) {
    const TorchType* type = kind(6) == PickleKind::global ? find_dtype(value(a[6]).text) : nullptr;
    if (!type) refuse_call(function);
    t.dtype = type->word, t.element_bytes = type->bytes;
    elements = s.elements * s.element_bytes / type->bytes;
  }
  const std::string what = fmt::format("{}: a tensor of storage '{}'", where_, printable(s.key));
  if (sizes.size() != strides.size()) bad_input("{}: has {} sizes and {} strides", what, sizes.size(), strides.size());
  if (sizes.size() > static_cast<size_t>(Shape::max_rank)) bad_input("{}: has {} dimensions, more than {}", what, sizes.size(), Shape::max_rank);
  int64_t bytes = t.element_bytes;
  for (size_t i = 0; i < sizes.size(); i++) {
    if (sizes[i] < 0 || strides[i] < 0) bad_input("{}: size {} with stride {} along dimension {}; neither may be negative", what, sizes[i], strides[i], i);
    bytes = checked_mul(bytes, std::max<int64_t>(sizes[i], 1), what);
  }
  t.shape = Shape(std::span(sizes));
  std::ranges::copy(strides, t.strides.begin());
  t.offset = value(a[1]).integer;
  const int64_t numel = t.shape.numel();
  if (numel > 0) {
    t.span = 1;
    for (size_t i = 0; i < sizes.size(); i++) t.span = checked_add(t.span, checked_mul(sizes[i] - 1, strides[i], what), what);
  }
  if (t.offset < 0 || t.offset > elements || t.span > elements - t.offset)
    bad_input("{}: shape {} at element {} reaches {} elements, the storage has {}", what, t.shape.str(), t.offset, checked_add(std::max<int64_t>(t.offset, 0), t.span, what), elements);
  // Strides of 0 repeat elements: a few bytes must not claim to be gigabytes.
  constexpr int64_t largest_repeat = int64_t{1} << 26;
  if (numel > t.span && numel * t.element_bytes > largest_repeat) bad_input("{}: shape {} repeats its {} elements into {} bytes; save a contiguous copy", what, t.shape.str(), t.span, numel * t.element_bytes);
  if (pickle_.tensors.size() >= most_tensors) bad_input("{}: its pickle makes more than {} tensors; a checkpoint has far fewer", where_, most_tensors);
  pickle_.tensors.push_back(t);
  const uint32_t result = push(PickleValue{.kind = PickleKind::tensor, .integer = static_cast<int64_t>(pickle_.tensors.size() - 1)});
  pop();
  return result;
}

}  // namespace ceir
