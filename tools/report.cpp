// ceir report: the HTML page of a run, made again.
#include "models/pipeline/report.h"

#include "models/pipeline/run_folder.h"
#include "tensor/io/file.h"
#include "tools/image_flags.h"

namespace ceir {
namespace {

struct Report : Command {
  std::string folder, out;
  int64_t pictures = 10;

  void define(Flags& f) override {
    f.positional("RUN", folder, "a finished run folder");
    f.option("--out", out, "HTML file (default: report.html in the current folder)");
    f.option("--pictures", pictures, "sample pictures for each cluster");
  }

  int run(Context& c) override {
    if (pictures < 0 || pictures > 100) usage_error("--pictures {}: 0 to 100", pictures);
    if (out.empty()) out = "report.html";
    c.check_output(out);
    const RunFolder run = RunFolder::open(folder);
    std::unique_ptr<ImageSet> images;
    try {
      images = run.open_images();
    } catch (const Error& e) {
      c.warn(fmt::format("the report has no pictures: {}", e.what()));
    }
    if (c.globals().dry_run) return dry_run(c, "write " + out);
    const Json* exif = run.receipt.at("images", "run.json").find("exif");
    write_file(out, make_report(folder, images.get(), !exif || exif->as_bool("exif"), pictures));
    c.result(out + "\n", Json::object().set("out", out));
    return 0;
  }
};

}  // namespace

extern const CommandEntry report_command{"report", "the HTML report of a run, made again", "ceir report runs/photos --pictures 20 --out photos.html", make_command<Report>};

}  // namespace ceir
