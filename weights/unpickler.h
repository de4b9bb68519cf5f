// The machine behind read_pickle: a stack, marks, a memo, and an arena of values. Opcodes in unpickler.cpp, what the
// allowed names make in pickle_globals.cpp.
#pragma once
#include <unordered_map>

#include "weights/pickle.h"

namespace ceir {

class Unpickler {
 public:
  Unpickler(std::span<const std::byte> stream, const std::string& where, bool torchscript);
  Pickle run();

 private:
  // unpickler.cpp: the stream
  std::string_view take(uint64_t bytes);
  uint64_t number(int bytes);
  std::string_view line();
  // the stack
  uint32_t push(PickleValue value);
  void push(uint32_t value);
  uint32_t pop();
  uint32_t top() const;
  std::vector<uint32_t> pop_to_mark();
  // opcodes
  bool step(unsigned char opcode);   // false after STOP
  bool step_number(unsigned char opcode);
  bool step_text(unsigned char opcode);
  bool step_memo(unsigned char opcode);
  bool step_collection(unsigned char opcode);
  bool step_object(unsigned char opcode);
  void push_integer(int64_t v);
  void push_text(PickleKind kind, std::string_view text);
  void push_long(std::string_view bytes);
  int64_t decimal(std::string_view text) const;
  void remember(uint64_t key);
  void recall(uint64_t key);
  void append(uint32_t list, std::span<const uint32_t> items);
  void set_items(uint32_t dict, std::span<const uint32_t> items);
  // pickle_globals.cpp: names, and what they make
  void push_global(std::string_view module, std::string_view name);
  void call(uint32_t function, uint32_t arguments);                 // REDUCE
  void create(uint32_t type, uint32_t arguments, const char* how);  // NEWOBJ, INST, OBJ
  void build(uint32_t target, uint32_t state);
  void persistent(uint32_t id);
  uint32_t make_tensor(std::span<const uint32_t> arguments, bool v3, std::string_view function);
  PickleValue ordered_dict(std::span<const uint32_t> arguments);
  [[noreturn]] void refuse_global(std::string_view name) const;
  [[noreturn]] void refuse_call(std::string_view name) const;
  [[noreturn]] void damaged(const std::string& what) const;
  const PickleValue& value(uint32_t i) const { return pickle_.values[i]; }

  std::string_view stream_;
  size_t at_ = 0;
  const std::string& where_;
  bool torchscript_;
  Pickle pickle_;
  std::vector<uint32_t> stack_;
  std::vector<size_t> marks_;
  std::unordered_map<uint64_t, uint32_t> memo_;
};

}  // namespace ceir
