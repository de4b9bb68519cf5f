// Models from the hub into the hub's own cache (huggingface.co/docs/huggingface_hub/guides/manage-cache):
// models--ORG--NAME/blobs/DIGEST, snapshots/COMMIT/FILE -> ../../blobs/DIGEST, refs/REVISION. Python's huggingface_hub
// finds what is fetched here, and this program what Python fetched; unfinished blobs and locks have its names too.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "kernels/base/monitor.h"
#include "tensor/io/fetch.h"
#include "weights/hub_names.h"

namespace ceir {

struct HubSettings {
  std::string endpoint = "https://huggingface.co";  // HF_ENDPOINT
  std::string token;                                // hub_token(); sent to the endpoint's host alone
  std::string cache;                                // hub_cache_folder()
  bool offline = false;                             // HF_HUB_OFFLINE; look into the cache, touch no network
  bool dry_run = false;                             // say what would be fetched, write nothing
  bool verify = false;                              // check what lies in the cache against its digests
  HttpSettings http;

  static HubSettings from_environment();
};

struct HubFile {
  std::string path;        // within the repository; a plain file name
  int64_t bytes = -1;      // -1: not known
  DigestKind kind = DigestKind::sha256;
  std::string digest;      // SHA-256 of large files; for small ones what git calls them
  Fetched state = Fetched::whole;  // with dry_run: was_there, or whole for what would be fetched
};

struct HubDownload {
  HubName name;
  std::string commit, folder;      // folder: the snapshot
  std::vector<HubFile> files;      // empty when offline
  int64_t fetched_bytes = 0;       // now; with dry_run: that would be
  bool pickled = false;            // the weights are PyTorch pickles, which only `convert` reads
};

// Throws HttpError (network, hub, a digest that does not fit), Error(network) when offline and not in the cache,
// Error(resource) for a full disk, Error(bad_input) for a repository that is no model. Whatever happens, the snapshot
// and the ref of the cache are as before or whole. `say` takes sentences for the user, one at a time.
HubDownload download_from_hub(const HubName& name, const HubSettings& settings, Monitor* monitor, const std::function<void(const std::string&)>& say);

}  // namespace ceir
