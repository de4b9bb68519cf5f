// Every command, in the order of `ceir --help`: one line here, one file beside.
#include "tools/command.h"

namespace ceir {

extern const CommandEntry run_command, explain_command, label_command, edit_command, report_command, verify_command;
extern const CommandEntry embed_command, embed_text_command, classify_command, teacher_command, cbm_command, project_command;
extern const CommandEntry vae_command, encode_command, cluster_command, eval_command, probe_command;
extern const CommandEntry scenes_command, train_clip_command, tokenize_command, preprocess_command, inspect_command;
extern const CommandEntry download_command, convert_command, bench_command, doctor_command;

const std::vector<const CommandEntry*>& commands() {
  static const std::vector<const CommandEntry*> list = {
      &run_command, &explain_command, &label_command, &edit_command, &report_command, &verify_command, &embed_command,
      &embed_text_command, &classify_command, &teacher_command, &cbm_command, &project_command, &vae_command,
      &encode_command, &cluster_command, &eval_command, &probe_command, &scenes_command, &train_clip_command,
      &tokenize_command, &preprocess_command, &inspect_command, &convert_command, &download_command, &bench_command,
      &doctor_command,
  };
  return list;
}

}  // namespace ceir
