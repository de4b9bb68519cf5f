// ceir vae: trains the variational auto-encoder; ceir encode: rows to latents.
#include "kernels/launch/compute.h"
#include "models/vae.h"

#include "models/check.h"
#include "models/pipeline/plan.h"
#include "models/vae_training.h"
#include "tensor/io/file.h"
#include "tensor/io/npy.h"
#include "tensor/io/sha256.h"
#include "tools/image_flags.h"
#include "tools/run_flags.h"

namespace ceir {
namespace {

struct VaeCommand : Command {
  std::string in, out, init, noise, log, protocol = "sound", input = "standardised", likelihood, precision, schedule;
  std::optional<int64_t> epochs, train_batch, latent, hidden;
  std::optional<double> lr, beta;

  void define(Flags& f) override {
    f.option("--in", in, "standardised concept vectors (N, K), .npy", true);
    f.option("--out", out, "weights, .safetensors", true);
    f.choice("--protocol", protocol, {"sound", "faithful"}, "whose settings are the defaults");
    f.option("--epochs", epochs, "passes over the rows");
    f.option("--train-batch", train_batch, "rows a step");
    f.option("--lr", lr, "of Adam");
    f.option("--beta", beta, "weight of the KL term");
    f.option("--latent", latent, "L");
    f.option("--hidden", hidden, "H; 0 = automatic");
    f.choice("--input", input, {"standardised", "presence"}, "what is encoded: the concept vectors themselves, or max(x - vae.present_above, 0) as `run` does in the sound protocol");
    f.choice("--likelihood", likelihood, {"gaussian", "bce", "squared_error"}, "what the decoder's output means");
    f.choice("--precision", precision, {"f32", "f64"}, "what is computed in");
    f.choice("--schedule", schedule, {"cosine", "constant"}, "of the learning rate");
    f.option("--init", init, "weights to start from, .safetensors");
    f.option("--noise", noise, "noise (epochs, N, L) or (N, L), .npy: rows are then taken in order (a replay)");
    f.option("--log", log, "losses, one JSON object a line");
  }

  int run(Context& c) override {
    c.check_output(out);
    if (!log.empty()) c.check_output(log);
    Settings s = settings_of(protocol == "faithful" ? Protocol::faithful : Protocol::sound, c.globals());
    const auto set = [&](const char* name, const auto& value) {
      if (value) s.set(name, fmt::format("{}", *value));
    };
    set("vae.epochs", epochs), set("vae.train_batch", train_batch), set("vae.latent", latent), set("vae.hidden", hidden), set("vae.lr", lr), set("vae.beta", beta);
    s.set("vae.input", input);
    if (!likelihood.empty()) s.set("vae.likelihood", likelihood);
    if (!precision.empty()) s.set("vae.precision", precision);
    if (!schedule.empty()) s.set("vae.schedule", schedule);
    s.finish();
    VaeOptions o = s.vae;
    o.seed = static_cast<uint64_t>(c.globals().seed);
    const Tensor x = read_npy_matrix(in, o.precision);
    if (!noise.empty()) {
      o.noise = read_npy(noise);
      if (!is_float(o.noise.dtype())) bad_input("{}: noise should be floating-point, not {}", noise, name_of(o.noise.dtype()));
      o.noise = o.noise.to(o.precision);
    }
    if (!init.empty()) {
      const SafetensorsFile file(init);
      for (const auto& info : file.tensors()) o.initial.emplace_back(info.name, file.tensor(info.name));
    }
    if (c.globals().dry_run) return dry_run(c, fmt::format("train a VAE of {} concepts, hidden {}, latent {} on {} rows for {} epochs into {}", x.dim(1), o.hidden_size(), o.latent, x.dim(0), o.epochs, out));
    const std::string key = make_key({environment_key(), sha256_of_file(in), init.empty() ? "" : sha256_of_file(init), noise.empty() ? "" : sha256_of_file(noise), s.json().dump(), std::to_string(o.seed)});
    Checkpoint checkpoint(c.unfinished(out), "vae", key);
    if (const char* why = vae_stays_on_cpu(o, false); why && chosen_device() != "cpu")
      c.say(fmt::format("the VAE is trained on the CPU, not with --device {}: {}", chosen_device(), why));
    const TrainedVae trained = train_vae(x, o, c.monitor(), &checkpoint);
    if (!log.empty()) {
      std::string text;
      for (const auto& row : trained.log)
        text += Json::object().set("epoch", row.epoch).set("reconstruction", row.losses.reconstruction).set("kl", row.losses.kl).set("total", row.losses.total).dump() + "\n";
      write_file(log, text);
    }
    trained.vae.save(out);
    c.drop_unfinished();
    const VaeLosses last = trained.log.empty() ? VaeLosses{} : trained.log.back().losses;
    c.result(fmt::format("{}: {} epochs, reconstruction {:.4f}, KL {:.4f} a row\n", out, o.epochs, last.reconstruction, last.kl),
             Json::object().set("out", out).set("epochs", o.epochs).set("reconstruction", last.reconstruction).set("kl", last.kl).set("total", last.total));
    return 0;
  }
};

struct Encode : Command {
  std::string vae, in, out;
  bool sample = false;

  void define(Flags& f) override {
    f.option("--vae", vae, "from `ceir vae`, .safetensors", true);
    f.option("--in", in, "standardised concept vectors (N, K), .npy", true);
    f.option("--out", out, "mu (N, L), .npy", true);
    f.flag("--sample", sample, "mu + sigma x noise in place of mu");
  }

  int run(Context& c) override {
    npy_base(out);
    c.check_output(out);
    const Tensor raw = read_npy(in);
    const DType precision = raw.dtype() == DType::f64 ? DType::f64 : DType::f32;
    const Vae model = Vae::load(vae, precision);
    const Tensor x = read_npy_matrix(in, precision);
    if (x.dim(1) != model.concepts()) bad_input("{} has {} columns, {} expects {}", in, x.dim(1), vae, model.concepts());
    if (c.globals().dry_run) return dry_run(c, fmt::format("encode {} rows into {}", x.dim(0), out));
    const Tensor z = sample ? model.sample(x, static_cast<uint64_t>(c.globals().seed)) : model.latents(x);
    require_finite("latents", z);
    write_npy(out, z);
    c.result(fmt::format("{}: {} x {} latents\n", out, z.dim(0), z.dim(1)), Json::object().set("out", out).set("n", z.dim(0)).set("latent", z.dim(1)));
    return 0;
  }
};

}  // namespace

extern const CommandEntry vae_command{"vae", "train the variational auto-encoder on concept vectors", "ceir vae --in concept_vectors.npy --out vae.safetensors", make_command<VaeCommand>};
extern const CommandEntry encode_command{"encode", "concept vectors to latents", "ceir encode --vae vae.safetensors --in concept_vectors.npy --out latents.npy", make_command<Encode>};

}  // namespace ceir
