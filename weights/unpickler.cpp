#include "weights/unpickler.h"

#include <bit>
#include <charconv>
#include <cstring>

#include "kernels/base/error.h"
#include "tensor/io/utf8.h"

namespace ceir {
namespace {

// Far above any checkpoint's (a model of 100,000 tensors needs 2 million values), low enough to stay within 400 MB.
constexpr size_t most_values = 3'000'000, most_stack = 4'000'000, most_memo = 3'000'000, most_marks = 100'000;

}  // namespace

Pickle read_pickle(std::span<const std::byte> stream, const std::string& where, bool torchscript) { return Unpickler(stream, where, torchscript).run(); }

const PickleValue* Pickle::find(const PickleValue& dict, std::string_view key) const {
  const PickleValue* found = nullptr;
  if (dict.kind != PickleKind::dict) return found;
  for (size_t i = 0; i + 1 < dict.items.size(); i += 2)
    if (const PickleValue& k = at(dict.items[i]); k.kind == PickleKind::text && k.text == key) found = &at(dict.items[i + 1]);
  return found;
}

Unpickler::Unpickler(std::span<const std::byte> stream, const std::string& where, bool torchscript)
    : stream_(reinterpret_cast<const char*>(stream.data()), stream.size()), where_(where), torchscript_(torchscript) {}

void Unpickler::damaged(const std::string& what) const { bad_input("{}: its pickle is damaged at byte {}: {}", where_, at_, what); }

Pickle Unpickler::run() {
  while (true) {
    const unsigned char opcode = static_cast<unsigned char>(take(1)[0]);
    if (!step(opcode)) break;
  }
  pickle_.root = pop();
  pickle_.bytes = at_;
  return std::move(pickle_);
}

std::string_view Unpickler::take(uint64_t bytes) {
  if (bytes > stream_.size() - at_) damaged(fmt::format("it ends where {} more bytes should be; is the file cut short?", bytes));
  const std::string_view s = stream_.substr(at_, static_cast<size_t>(bytes));
  at_ += static_cast<size_t>(bytes);
  return s;
}

uint64_t Unpickler::number(int bytes) {
  uint64_t v = 0;
  const std::string_view s = take(static_cast<uint64_t>(bytes));
  for (size_t i = 0; i < s.size(); i++) v |= static_cast<uint64_t>(static_cast<unsigned char>(s[i])) << (8 * i);
  return v;
}

std::string_view Unpickler::line() {
  const size_t end = stream_.find('\n', at_);
  if (end == std::string_view::npos) damaged("a line without its end");
  const std::string_view s = take(end - at_);
  at_++;
  return s;
}

uint32_t Unpickler::push(PickleValue v) {
  if (pickle_.values.size() >= most_values) bad_input("{}: its pickle makes more than {} values; a checkpoint has far fewer", where_, most_values);
  pickle_.values.push_back(std::move(v));
  const uint32_t i = static_cast<uint32_t>(pickle_.values.size() - 1);
  push(i);
  return i;
}

void Unpickler::push(uint32_t i) {
  if (stack_.size() >= most_stack) bad_input("{}: its pickle stacks more than {} values; a checkpoint has far fewer", where_, most_stack);
  stack_.push_back(i);
}

uint32_t Unpickler::top() const {
  if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) damaged("it takes a value where there is none");
  return stack_.back();
}

uint32_t Unpickler::pop() {
  const uint32_t i = top();
  stack_.pop_back();
  return i;
}

std::vector<uint32_t> Unpickler::pop_to_mark() {
  if (marks_.empty()) damaged("it ends a collection that was not begun");
  const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
  std::vector<uint32_t> items(first, stack_.end());
  stack_.erase(first, stack_.end());
  marks_.pop_back();
  return items;
}

void Unpickler::push_integer(int64_t v) { push(PickleValue{.kind = PickleKind::integer, .integer = v}); }

void Unpickler::push_text(PickleKind kind, std::string_view text) { push(PickleValue{.kind = kind, .text = text}); }

// Two's complement, little-endian, any length.
void Unpickler::push_long(std::string_view bytes) {
  if (bytes.size() > 8) return push_text(PickleKind::huge_integer, bytes);
  uint64_t v = !bytes.empty() && static_cast<unsigned char>(bytes.back()) >= 0x80 ? ~uint64_t{0} : 0;
  for (size_t i = 0; i < bytes.size(); i++) {
    v &= ~(uint64_t{0xff} << (8 * i));
    v |= static_cast<uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  push_integer(static_cast<int64_t>(v));
}

int64_t Unpickler::decimal(std::string_view text) const {
  if (text.ends_with('L')) text.remove_suffix(1);
  int64_t v = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), v);
  if (error != std::errc() || end != text.data() + text.size()) damaged(fmt::format("'{}' is not a whole number of 64 bits", printable(text)));
  return v;
}

bool Unpickler::step(unsigned char opcode) {
  switch (opcode) {
    case '.': return false;
    case 0x80:   // PROTO
      if (const uint64_t protocol = number(1); protocol > 5) bad_input("{}: its pickle has protocol {}, and 5 is the last that is known here; save it again with protocol 2", where_, protocol);
      return true;
    case 0x95:   // FRAME: how much to read ahead
      if (const uint64_t bytes = number(8); bytes > stream_.size() - at_) damaged(fmt::format("a frame of {} bytes in a stream of {}", bytes, stream_.size()));
      return true;
    case '(':
      if (marks_.size() >= most_marks) bad_input("{}: its pickle nests {} collections; a checkpoint nests a few", where_, marks_.size());
      marks_.push_back(stack_.size());
      return true;
    case '0':    // POP, of a mark too
      if (!marks_.empty() && marks_.back() == stack_.size()) marks_.pop_back();
      else pop();
      return true;
    case '1': pop_to_mark(); return true;
    case '2': push(top()); return true;   // DUP
    case 'N': push(PickleValue{}); return true;
    case 0x88: case 0x89: push(PickleValue{.kind = PickleKind::boolean, .integer = opcode == 0x88}); return true;
  }
  if (step_number(opcode) || step_text(opcode) || step_memo(opcode) || step_collection(opcode) || step_object(opcode)) return true;
  at_--;
  if (opcode == 0x82 || opcode == 0x83 || opcode == 0x84)
    bad_input("{}: its pickle names a function or class by a code of Python's extension registry, which no checkpoint does; nothing of it was run", where_);
  damaged(fmt::format("the opcode 0x{:02x} has no place in a checkpoint of tensors", opcode));
}

bool Unpickler::step_number(unsigned char opcode) {
  switch (opcode) {
    case 'K': push_integer(static_cast<int64_t>(number(1))); return true;
    case 'M': push_integer(static_cast<int64_t>(number(2))); return true;
    case 'J': push_integer(static_cast<int32_t>(number(4))); return true;
    case 0x8a: push_long(take(number(1))); return true;                   // LONG1
    case 0x8b: {                                                          // LONG4: a signed length
      const int32_t bytes = static_cast<int32_t>(number(4));
      if (bytes < 0) damaged(fmt::format("an integer of {} bytes", bytes));
      push_long(take(static_cast<uint64_t>(bytes)));
      return true;
    }
    case 'I': {                                                           // INT: 00 and 01 are truth values
      const std::string_view text = line();
      if (text == "00" || text == "01") push(PickleValue{.kind = PickleKind::boolean, .integer = text == "01"});
      else push_integer(decimal(text));
      return true;
    }
    case 'L': push_integer(decimal(line())); return true;
    case 'G': {                                                           // BINFLOAT: big-endian
      const std::string_view s = take(8);
      uint64_t bits = 0;
      for (const char c : s) bits = bits << 8 | static_cast<unsigned char>(c);
      push(PickleValue{.kind = PickleKind::real, .real = std::bit_cast<double>(bits)});
      return true;
    }
    case 'F': {
      const std::string_view text = line();
      double v = 0;
      if (const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), v); error == std::errc::invalid_argument || end != text.data() + text.size())
        damaged(fmt::format("'{}' is not a number", printable(text)));
      push(PickleValue{.kind = PickleKind::real, .real = v});
      return true;
    }
  }
  return false;
}

bool Unpickler::step_text(unsigned char opcode) {
  const auto text = [&](int length_bytes) {
    const std::string_view s = take(number(length_bytes));
    if (!is_utf8(s)) damaged(fmt::format("the text '{}' is not UTF-8", printable(s)));
    push_text(PickleKind::text, s);
    return true;
  };
  switch (opcode) {
    case 0x8c: return text(1);
    case 'X': return text(4);
    case 0x8d: return text(8);
    case 'U': return text(1);   // SHORT_BINSTRING and BINSTRING: Python 2's str, text in practice
    case 'T': return text(4);
    case 'C': push_text(PickleKind::bytes, take(number(1))); return true;
    case 'B': push_text(PickleKind::bytes, take(number(4))); return true;
    case 0x8e: push_text(PickleKind::bytes, take(number(8))); return true;
    case 'S': case 'V': {       // STRING in quotes, UNICODE without: names of tensors need no escapes
      std::string_view s = line();
      if (opcode == 'S') {
        if (s.size() < 2 || s.front() != s.back() || (s.front() != '\'' && s.front() != '"')) damaged("a text without its quotes");
        s = s.substr(1, s.size() - 2);
      }
      if (s.find('\\') != std::string_view::npos || !is_utf8(s)) damaged(fmt::format("the text '{}' has escapes, which no checkpoint needs", printable(s)));
      push_text(PickleKind::text, s);
      return true;
    }
  }
  return false;
}

void Unpickler::remember(uint64_t key) {
  if (memo_.size() >= most_memo) bad_input("{}: its pickle remembers more than {} values; a checkpoint has far fewer", where_, most_memo);
  memo_[key] = top();
}

void Unpickler::recall(uint64_t key) {
  const auto it = memo_.find(key);
  if (it == memo_.end()) damaged(fmt::format("it recalls value {}, which it never remembered", key));
  push(it->second);
}

bool Unpickler::step_memo(unsigned char opcode) {
  switch (opcode) {
    case 'q': remember(number(1)); return true;
    case 'r': remember(number(4)); return true;
    case 0x94: remember(memo_.size()); return true;
    case 'h': recall(number(1)); return true;
    case 'j': recall(number(4)); return true;
    case 'p': case 'g': {
      const int64_t key = decimal(line());
      if (key < 0) damaged(fmt::format("a memo place of {}", key));
      opcode == 'p' ? remember(static_cast<uint64_t>(key)) : recall(static_cast<uint64_t>(key));
      return true;
    }
  }
  return false;
}

void Unpickler::append(uint32_t list, std::span<const uint32_t> items) {
  PickleValue& target = pickle_.values[list];
  if (target.kind != PickleKind::list) damaged("it appends to something that is no list");
  target.items.insert(target.items.end(), items.begin(), items.end());
}

void Unpickler::set_items(uint32_t dict, std::span<const uint32_t> items) {
  PickleValue& target = pickle_.values[dict];
  if (target.kind != PickleKind::dict) damaged("it sets items of something that is no dictionary");
  if (items.size() % 2 != 0) damaged("a dictionary's key without a value");
  target.items.insert(target.items.end(), items.begin(), items.end());
}

bool Unpickler::step_collection(unsigned char opcode) {
  const auto tuple = [&](size_t n) {
    PickleValue v{.kind = PickleKind::tuple};
    v.items.resize(n);
    for (size_t i = n; i-- > 0;) v.items[i] = pop();
    push(std::move(v));
    return true;
  };
  const auto from_mark = [&](PickleKind kind) {
    PickleValue v{.kind = kind, .items = pop_to_mark()};
    if (kind == PickleKind::dict && v.items.size() % 2 != 0) damaged("a dictionary's key without a value");
    push(std::move(v));
    return true;
  };
  switch (opcode) {
    case ')': return tuple(0);
    case 0x85: return tuple(1);
    case 0x86: return tuple(2);
    case 0x87: return tuple(3);
    case 't': return from_mark(PickleKind::tuple);
    case 'l': return from_mark(PickleKind::list);
    case 'd': return from_mark(PickleKind::dict);
    case ']': push(PickleValue{.kind = PickleKind::list}); return true;
    case '}': push(PickleValue{.kind = PickleKind::dict}); return true;
    case 'a': { const uint32_t item = pop(); append(top(), {&item, 1}); return true; }
    case 'e': { const auto items = pop_to_mark(); append(top(), items); return true; }
    case 's': { const uint32_t v = pop(), k = pop(), pair[2] = {k, v}; set_items(top(), pair); return true; }
    case 'u': { const auto items = pop_to_mark(); set_items(top(), items); return true; }
  }
  return false;
}

bool Unpickler::step_object(unsigned char opcode) {
  switch (opcode) {
    case 'c': {                                                        // GLOBAL
      const std::string_view module = line(), name = line();
      push_global(module, name);
      return true;
    }
    case 0x93: {                                                       // STACK_GLOBAL
      const PickleValue &name = value(pop()), &module = value(pop());
      if (name.kind != PickleKind::text || module.kind != PickleKind::text) damaged("a function or class whose name is no text");
      push_global(module.text, name.text);
      return true;
    }
    case 'R': { const uint32_t arguments = pop(), function = pop(); call(function, arguments); return true; }
    case 0x81: { const uint32_t arguments = pop(), type = pop(); create(type, arguments, "NEWOBJ"); return true; }
    case 0x92: {                                                       // NEWOBJ_EX, with keywords
      pop();
      const uint32_t arguments = pop(), type = pop();
      create(type, arguments, "NEWOBJ_EX");
      return true;
    }
    case 'i': {                                                        // INST: a class by name, arguments from the mark
      const std::string_view module = line(), name = line();
      push_global(module, name);
      const uint32_t type = pop();
      PickleValue arguments{.kind = PickleKind::tuple, .items = pop_to_mark()};
      push(std::move(arguments));
      create(type, pop(), "INST");
      return true;
    }
    case 'o': {                                                        // OBJ: the class is the first after the mark
      auto items = pop_to_mark();
      if (items.empty()) damaged("an object without its class");
      const uint32_t type = items[0];
      items.erase(items.begin());
      push(PickleValue{.kind = PickleKind::tuple, .items = std::move(items)});
      create(type, pop(), "OBJ");
      return true;
    }
    case 'b': { const uint32_t state = pop(); build(top(), state); return true; }
    case 'Q': persistent(pop()); return true;
    case 'P': damaged(fmt::format("the persistent id '{}' is a text, where torch.save writes storages", printable(line())));
  }
  return false;
}

}  // namespace ceir
