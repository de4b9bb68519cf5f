#include <doctest/doctest.h>

#include "data/byte_pair.h"
#include "data/clip_text.h"
#include "data/html_entities.h"
#include "data/tokenizer.h"
#include "data/unicode.h"
#include "tensor/io/json.h"
#include "tensor/io/utf8.h"
#include "tests/data/temp_folder.h"
#include "tests/scratch.h"

using namespace ceir;
using namespace ceir::test;

namespace {

CodePoints points(std::string_view s) { return code_points_of(s, "test"); }

// A byte-pair tokenizer of 256 bytes, their ends, two merges and the special tokens.
TokenizerFiles small_pair() {
  Json vocabulary = Json::object();
  int64_t id = 0;
  uint32_t next = 0x100;
  std::vector<std::string> names;
  for (uint32_t b = 0; b < 256; b++) {
    std::string name;
    const bool shown = (b >= 0x21 && b <= 0x7e) || (b >= 0xa1 && b <= 0xac) || b >= 0xae;
    append_utf8(name, shown ? b : next++);
    names.push_back(name);
  }
  for (const std::string& n : names) vocabulary.append(n, id++);
  for (const std::string& n : names) vocabulary.append(n + "</w>", id++);
  for (const char* n : {"ca", "cat</w>", "<|startoftext|>", "<|endoftext|>"}) vocabulary.append(n, id++);
  return {{"vocab.json", vocabulary.dump()}, {"merges.txt", "#version: 0.2\nc a\nca t</w>\n"}};
}

std::vector<std::string> caption_lines() {
  std::vector<std::string> lines;
  for (const char* colour : {"red", "green", "blue", "yellow"})
    for (const char* thing : {"barn", "tree", "boat", "kite", "house"})
      for (const char* place : {"on a hill", "by the sea", "in the snow"}) lines.push_back(std::string("a ") + colour + " " + thing + " " + place);
  return lines;
}

}  // namespace

TEST_CASE("Unicode: canonical forms of the standard's examples") {
  CHECK(nfc(points("e\u0301")) == points("é"));
  CHECK(nfd(points("\u1e69")) == points("s\u0323\u0307"));
  CHECK(nfc(points("s\u0307\u0323")) == points("\u1e69"));       // reordered, then composed
  CHECK(nfc(points("\u1100\u1161\u11a8")) == points("\uac01"));  // Hangul
  CHECK(nfd(points("\uac01")) == points("\u1100\u1161\u11a8"));
  CHECK(nfc(points("\u0344")) == points("\u0308\u0301"));        // excluded from composition
  CHECK(nfc(points("\u212b")) == points("\u00c5"));              // a singleton
}

TEST_CASE("Unicode: lower case one character at a time, and Python's final sigma") {
  CHECK(lower_each(points("ΟΔΟΣ ÀÉ İ")) == points("οδοσ àé i\u0307"));
  CHECK(python_lower(points("ΟΔΟΣ Σ ΑΣ.Α")) == points("οδος σ ασ.α"));
}

TEST_CASE("HTML references are undone as browsers do it") {
  CHECK(html_unescape(points("&amp;lt; &#233;&#xE9; &eacute &notit; &#x80; &unknown; & &#;")) == points("&lt; éé é ¬it; € &unknown; & &#;"));
}

TEST_CASE("byte-pair: merges, word ends, special tokens, both forms") {
  const auto t = open_tokenizer(small_pair(), "small");
  CHECK(t->pieces("Cat!") == std::vector<std::string>{"<|startoftext|>", "cat</w>", "!</w>", "<|endoftext|>"});
  CHECK(t->pieces("catcat") == std::vector<std::string>{"<|startoftext|>", "ca", "t", "cat</w>", "<|endoftext|>"});
  CHECK(t->encode("a <|endoftext|>")[2] == t->end_id());
  CHECK(t->encode_padded("cat cat cat", 3) == std::vector<int64_t>{t->start_id(), 512 + 1, t->end_id()});
  CHECK(t->encode_padded("", 4) == std::vector<int64_t>{t->start_id(), t->end_id(), t->pad_id(), t->pad_id()});
  CHECK(t->pieces("it's")[2] == "t</w>");
  CHECK(open_tokenizer(small_pair(), "small", TextForm::openai)->encode("&amp;") == t->encode("&"));
  check_error(ErrorKind::bad_input, "UTF-8", [&] { t->encode("\xff"); });
}

TEST_CASE("byte-pair: letters that Unicode 17 and 18 brought are letters in OpenAI's form alone") {
  const CodePoints text = points("a\U0003D000b");   // Seal script, Unicode 18
  CHECK(split_clip_pattern(text, TextForm::openai).size() == 1);
  CHECK(split_clip_pattern(text, TextForm::hf).size() == 3);
  CHECK(split_clip_pattern(points("a\U000323AFb"), TextForm::hf).size() == 1);   // the last ideograph of Unicode 15
  CHECK(normalize_hf(points("\uA7CEA")) == points("\uA7CFa"));   // Unicode 17: a lower case, and no letter
  CHECK(normalize_hf(points("\uA7DDA")) == points("\uA7DDa"));   // Unicode 18
}

TEST_CASE("byte-pair: strings whose ids once differed from those of tokenizers 0.23.3 and openai-clip 1.0.1") {
  const auto t = open_tokenizer(small_pair(), "small");
  const auto pieces = [](const char* text, TextForm form) { return split_clip_pattern(points(text), form).size(); };
  CHECK(pieces("<\u1df0\U0003f340", TextForm::hf) == 1);   // a mark two places behind '<' starts no special token
  CHECK(pieces("<|endoftext|>", TextForm::hf) == 3);
  CHECK(normalize_openai(points("\uA7DCA")) == points("\uA7DCa"));   // Python 3.13 does not know this capital; Rust does
  CHECK(normalize_hf(points("\uA7DCA")) == points("\u019Ba"));
  CHECK(normalize_openai(points("\u1C89\uA7D0")) == points("\u1C89\uA7D1"));
}

TEST_CASE("WordPiece: characters younger than Unicode 8 are what tokenizers 0.23.3 takes them for") {
  const std::string file = R"({"normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
    "pre_tokenizer": {"type": "BertPreTokenizer"}, "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
    "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "a": 3, "b": 4, "##b": 5, "[PAD]": 6}}})";
  const auto t = open_tokenizer({{"tokenizer.json", file}}, "small");
  const auto ids = [&](const char* text) {
    std::vector<int64_t> v = t->encode(text);
    return std::vector<int64_t>(v.begin() + 1, v.end() - 1);
  };
  using Ids = std::vector<int64_t>;
  CHECK(ids("A\u0301b") == Ids{3, 5});     // an accent goes
  CHECK(ids("a\u1ac3b") == Ids{0});        // a mark of Unicode 14 stays, and makes the word unknown
  CHECK(ids("a\u1734b") == Ids{3, 5});     // a nonspacing mark then, a spacing one today
  CHECK(ids("a\u2e2eb") == Ids{3, 0, 4});  // punctuation
  CHECK(ids("a\u2e53b") == Ids{0});        // of Unicode 14: a letter like any other
  CHECK(ids("a\u166db") == Ids{3, 0, 4});  // punctuation then, a symbol today
  CHECK(ids("a\u200eb") == Ids{3, 5});     // a format character goes
  CHECK(ids("a\u08e2b") == Ids{0});        // that of Unicode 9 stays
  CHECK(ids("a\U000105c9b") == Ids{0});
}

TEST_CASE("byte-pair: the files of a model decide whose form it is, unless one is asked for") {
  const auto amp_is_undone = [](const Tokenizer& t) { return t.encode("&amp;") == t.encode("&"); };
  const TempFolder folder;
  for (const auto& [name, content] : small_pair()) folder.write(name, content);
  CHECK(!amp_is_undone(*open_tokenizer(folder.str())));
  folder.write("open_clip_config.json", "{}");
  CHECK(amp_is_undone(*open_tokenizer(folder.str())));
  CHECK(open_tokenizer(folder.str())->pad_id() == 0);
  CHECK(!amp_is_undone(*open_tokenizer(folder.str(), TextForm::hf)));
  folder.write("config.json", "{}");  // Hugging Face's layout goes first
  CHECK(!amp_is_undone(*open_tokenizer(folder.str())));
  folder.write("tokenizer_config.json", R"({"ceir_text_form": "openai"})");
  CHECK(amp_is_undone(*open_tokenizer(folder.str())));
  CHECK(!amp_is_undone(*open_tokenizer(folder.str(), TextForm::hf)));
}

TEST_CASE("byte-pair: a megabyte without a space takes no quadratic time") {
  const auto t = open_tokenizer(small_pair(), "small");
  CHECK(t->encode(std::string(1 << 20, 'c')).size() == (1 << 20) + 2);
}

TEST_CASE("tokenizer files that do not fit together are refused") {
  const auto refused = [](const TokenizerFiles& files, const std::string& part) {
    check_error(ErrorKind::bad_input, part, [&] { open_tokenizer(files, "folder"); });
  };
  TokenizerFiles f = small_pair();
  refused({}, "no tokenizer");
  refused({{"vocab.json", f["vocab.json"]}}, "merges.txt");
  refused({{"merges.txt", ""}}, "vocab.json");
  refused({{"vocab.json", "{"}, {"merges.txt", ""}}, "JSON");
  refused({{"vocab.json", "[]"}, {"merges.txt", ""}}, "object");
  refused({{"vocab.json", R"({"a": -1})"}, {"merges.txt", ""}}, "'a'");
  refused({{"vocab.json", R"({"a": 1e30})"}, {"merges.txt", ""}}, "'a'");
  refused({{"vocab.json", R"({"a": 0, "b": 0})"}, {"merges.txt", ""}}, "same id");
  refused({{"vocab.json", R"({"a": 0})"}, {"merges.txt", ""}}, "<|startoftext|>");
  refused({{"vocab.json", f["vocab.json"]}, {"merges.txt", "x y z\n"}}, "line 1");
  refused({{"vocab.json", f["vocab.json"]}, {"merges.txt", "no such\n"}}, "merge 1");
  refused({{"vocab.json", f["vocab.json"]}, {"merges.txt", "\xff \xff\n"}}, "UTF-8");
  refused({{"tokenizer.json", R"({"model": {"type": "Unigram", "vocab": []}})"}}, "Unigram");
  refused({{"tokenizer.json", R"({"model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}, "post_processor": {"type": "RobertaProcessing", "cls": ["x", 0], "sep": ["y", -5]}})"}}, "-5");
  refused({{"tokenizer.json", R"({"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [], "end_of_word_suffix": "</w>"}, "pre_tokenizer": {"type": "ByteLevel"},
            "post_processor": {"type": "RobertaProcessing", "cls": ["a", 0], "sep": ["a", 0]}})"}}, "pattern");
  refused({{"spiece.model", "not a model"}}, "spiece.model");
  check_error(ErrorKind::bad_input, "no/such/folder", [] { open_tokenizer("no/such/folder"); });
}

TEST_CASE("SentencePiece: the same lines give the same bytes; specials have their ids") {
  const std::string model = train_sentencepiece(caption_lines(), 80);
  CHECK(model == train_sentencepiece(caption_lines(), 80));
  const auto t = sentencepiece_tokenizer(model, 2, 3, 1);
  CHECK(t->piece(0) == "<unk>");
  CHECK(t->piece(3) == "</s>");
  const std::vector<int64_t> ids = t->encode("A red barn, by the sea!");
  CHECK(ids.front() == 2);
  CHECK(ids.back() == 3);
  CHECK(ids == t->encode("a red barn by the sea"));  // canonical text
  CHECK(t->encode("a </s> b")[t->encode("a").size() - 1] == 3);
  for (const int64_t id : ids) CHECK((id >= 0 && id < t->vocabulary_size()));
  check_error(ErrorKind::bad_input, "special id", [&] { sentencepiece_tokenizer(model, -1, 100000, 1); });
  check_error(ErrorKind::bad_input, "at least one line", [] { train_sentencepiece({}, 80); });
}

TEST_CASE("SentencePiece: mutated models are opened or refused") {
  const std::string model = train_sentencepiece(caption_lines(), 60);
  fuzz(model, "fuzz.spiece", fuzz_rounds(60), [](const std::string& s) {  // each opening costs milliseconds
    const auto t = sentencepiece_tokenizer(s, -1, 3, 1);
    (void)t->encode("a red Ｂarn ﬁ …");
  });
}

TEST_CASE("byte-pair: mutated files are opened or refused") {
  const TokenizerFiles good = small_pair();
  fuzz(good.at("vocab.json"), "fuzz.vocab", fuzz_rounds(150), [&](const std::string& s) {
    (void)open_tokenizer({{"vocab.json", s}, {"merges.txt", good.at("merges.txt")}}, "fuzz")->encode("cat's é 42");
  });
  fuzz(good.at("merges.txt"), "fuzz.merges", fuzz_rounds(150), [&](const std::string& s) {
    (void)open_tokenizer({{"vocab.json", good.at("vocab.json")}, {"merges.txt", s}}, "fuzz")->encode("cat's é 42");
  });
}
