// ceir preprocess: pictures as the model sees them.
#include "data/preprocess.h"

#include <cstring>

#include "data/loader.h"
#include "models/model_parts.h"
#include "models/pipeline/rows.h"
#include "tensor/io/npy.h"
#include "tools/image_flags.h"

namespace ceir {
namespace {

struct PreprocessCommand : Command {
  ImageFlags images;
  std::string model = "nano", out, stage = "tensor", style;
  std::optional<int64_t> size;

  void define(Flags& f) override {
    images.define(f);
    f.option("--out", out, "(N, 3, H, W) f32, or (N, H, W, 3) u8 with --stage bytes; .npy", true);
    f.option("--model", model, "whose preprocessing");
    f.choice("--stage", stage, {"tensor", "bytes"}, "tensor: normalised floats; bytes: after resize and crop");
    f.choice("--style", style, {"", "hf", "openclip", "siglip"}, "whose rounding, in place of a model");
    f.option("--size", size, "side of the square in pixels, with --style");
  }

  int run(Context& c) override {
    const std::string base = npy_base(out);
    c.check_output(out);
    Preprocess p;
    if (style.empty()) {
      if (size) usage_error("--size goes with --style; the model's own size is used otherwise");
      p = preprocess_of_model(model);
    } else {
      if (size && (*size < 1 || *size > 4096)) usage_error("--size {}: 1 to 4096 pixels", *size);
      p = Preprocess::of_style(style == "hf" ? PreprocessStyle::hf : style == "openclip" ? PreprocessStyle::openclip : PreprocessStyle::siglip,
                               static_cast<int>(size.value_or(224)));
    }
    p.exif = images.exif == "apply";
    const auto set = images.open();
    if (c.globals().dry_run) return dry_run(c, fmt::format("preprocess {} pictures of {} into {}", set->size(), set->name(), out));
    const bool bytes = stage == "bytes";
    std::vector<int64_t> good;
    std::vector<std::pair<int64_t, std::string>> skipped;
    std::vector<Tensor> parts;
    const int64_t chunk = 64;
    for (int64_t begin = 0; begin < set->size(); begin += chunk) {
      const int64_t end = std::min(set->size(), begin + chunk);
      LoadedBatch batch = bytes ? load_bytes(*set, begin, end, p) : load_batch(*set, begin, end, p);
      good.insert(good.end(), batch.rows.begin(), batch.rows.end());
      skipped.insert(skipped.end(), batch.skipped.begin(), batch.skipped.end());
      if (!batch.rows.empty()) parts.push_back(batch.pixels);
      report(c.monitor(), "preprocess", end, set->size(), "images");
    }
    if (good.empty()) bad_input("none of the {} pictures of {} could be read{}", set->size(), images.what(), skipped.empty() ? "" : ": " + skipped[0].second);
    const auto n = static_cast<int64_t>(good.size());
    Tensor x = Tensor::empty(bytes ? Shape{n, p.size, p.size, 3} : Shape{n, 3, p.size, p.size}, bytes ? DType::u8 : DType::f32);
    std::byte* to = x.bytes_begin();
    for (const Tensor& part : parts) {
      std::memcpy(to, part.bytes_begin(), static_cast<size_t>(part.bytes()));
      to += part.bytes();
    }
    write_rows(base, rows_of(*set, good, skipped));
    write_npy(out, x);
    c.result(fmt::format("{}: {}\n", out, x.shape().str()), Json::object().set("out", out).set("n", n).set("size", int64_t{p.size}).set("skipped", static_cast<int64_t>(skipped.size())));
    return report_skipped(c, n, static_cast<int64_t>(skipped.size()), base + ".skipped.jsonl");
  }
};

}  // namespace

extern const CommandEntry preprocess_command{"preprocess", "pictures as the model sees them",
                                             "ceir preprocess photos --style hf --size 224 --out pixels.npy", make_command<PreprocessCommand>};

}  // namespace ceir
