#include "data/openai_vocabulary.h"

#include <zlib.h>

#include <algorithm>
#include <vector>

#include "kernels/base/error.h"
#include "tensor/io/file.h"
#include "tensor/io/json.h"
#include "tensor/io/utf8.h"

namespace ceir {
namespace {

constexpr size_t most_merges = 49152 - 256 - 2;   // simple_tokenizer.py: merges[1:49152-256-2+1]
constexpr size_t longest = size_t{64} << 20;

std::string content_of(const std::string& path) {
  if (!path.ends_with(".gz")) return read_text_file(path, static_cast<int64_t>(longest));
  read_text_file(path, static_cast<int64_t>(longest));   // a missing or unreadable file in the usual sentence
  const gzFile file = gzopen(path.c_str(), "rb");
  if (!file) bad_input("{}: cannot be opened", printable(path, 4096));
  std::string text;
  std::vector<char> buffer(1 << 16);
  int n = 0;
  while ((n = gzread(file, buffer.data(), static_cast<unsigned>(buffer.size()))) > 0 && text.size() <= longest) text.append(buffer.data(), static_cast<size_t>(n));
  const bool whole = n == 0 && gzclose(file) == Z_OK;
  if (n != 0) gzclose(file);
  if (!whole) bad_input("{}: is not the gzip file of OpenAI's vocabulary, or is cut short; fetch it again", printable(path, 4096));
  return text;
}

// simple_tokenizer.py, bytes_to_unicode: printable bytes stand for themselves and come first, the others are counted on
// from U+0100.
std::vector<std::string> byte_tokens() {
  std::vector<std::string> tokens, others;
  uint32_t next = 256;
  for (uint32_t b = 0; b < 256; b++) {
    const bool itself = (b >= '!' && b <= '~') || (b >= 0xa1 && b <= 0xac) || b >= 0xae;
    append_utf8((itself ? tokens : others).emplace_back(), itself ? b : next++);
  }
  tokens.insert(tokens.end(), others.begin(), others.end());
  return tokens;
}

}  // namespace

bool is_openai_vocabulary(const std::string& path) { return path.ends_with("bpe_simple_vocab_16e6.txt") || path.ends_with("bpe_simple_vocab_16e6.txt.gz"); }

TokenizerFiles openai_vocabulary(const std::string& path) {
  const std::string text = content_of(path), shown = printable(path, 4096);
  if (!is_utf8(text)) bad_input("{}: is not UTF-8; OpenAI's vocabulary is", shown);
  std::vector<std::string> tokens = byte_tokens();
  for (size_t i = 0; i < 256; i++) tokens.push_back(tokens[i] + "</w>");
  std::string merges = "#version: 0.2\n";
  size_t at = text.find('\n');   // the first line is a heading
  at = at == std::string::npos ? text.size() : at + 1;
  for (size_t number = 2; at < text.size() && number < most_merges + 2; number++) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string line = text.substr(at, end - at);
    at = end + 1;
    if (line.ends_with('\r')) line.pop_back();
    const size_t space = line.find(' ');
    if (space == 0 || space == std::string::npos || space + 1 == line.size() || line.find(' ', space + 1) != std::string::npos)
      bad_input("{}: line {}: '{}' is not two tokens with a space between", shown, number, printable(line));
    merges += line + "\n";
    tokens.push_back(line.substr(0, space) + line.substr(space + 1));
  }
  tokens.insert(tokens.end(), {"<|startoftext|>", "<|endoftext|>"});
  Json vocabulary = Json::object();
  for (size_t i = 0; i < tokens.size(); i++) vocabulary.append(tokens[i], static_cast<int64_t>(i));
  Json config = Json::object();
  config.set("tokenizer_class", "CLIPTokenizer").set("bos_token", "<|startoftext|>").set("eos_token", "<|endoftext|>");
  config.set("unk_token", "<|endoftext|>").set("pad_token", "<|endoftext|>").set("model_max_length", 77);
  return {{"vocab.json", vocabulary.dump() + "\n"}, {"merges.txt", merges}, {"tokenizer_config.json", config.dump(2) + "\n"}};
}

}  // namespace ceir
