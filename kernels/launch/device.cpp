#include "kernels/launch/device.h"

namespace ceir {
namespace {

const Runtime* in_use() {
  const Runtime* runtime = current_runtime();
  if (!runtime) fail(ErrorKind::internal, "memory or a stream of the device was asked for before a device was chosen");
  return runtime;
}

thread_local StreamHandle stream_of_thread = nullptr;

}  // namespace

Stream::Stream() : runtime_(in_use()) { require_ok(*runtime_, runtime_->create_stream(&handle_), "making a stream"); }
Stream::~Stream() {
  if (handle_) runtime_->destroy_stream(handle_);
}
void Stream::synchronize() const { require_ok(*runtime_, runtime_->synchronize(handle_), "waiting for a stream"); }

StreamHandle current_stream() { return stream_of_thread; }
OnStream::OnStream(const Stream& stream) : before_(stream_of_thread) { stream_of_thread = stream.handle(); }
OnStream::~OnStream() { stream_of_thread = before_; }
void synchronize() {
  const Runtime* runtime = in_use();
  require_ok(*runtime, runtime->synchronize(current_stream()), "waiting for the device");
}

Event::Event() : runtime_(in_use()) { require_ok(*runtime_, runtime_->create_event(&handle_), "making an event"); }
Event::~Event() {
  if (handle_) runtime_->destroy_event(handle_);
}
void Event::record() { require_ok(*runtime_, runtime_->record_event(handle_, current_stream()), "recording an event"); }
void Event::hold_back() const {
  require_ok(*runtime_, runtime_->wait_event(current_stream(), handle_), "waiting for an event");
}
float Event::ms_until(const Event& end) const {
  float ms = 0;
  require_ok(*runtime_, runtime_->elapsed_ms(&ms, handle_, end.handle_), "reading the time between two events");
  return ms;
}

DeviceMemory::DeviceMemory(size_t bytes) : runtime_(in_use()), bytes_(bytes) {
  if (bytes == 0) return;
  require_ok(*runtime_, runtime_->allocate(&pointer_, bytes),
             fmt::format("asking the device for {} bytes of memory", bytes).c_str());
}
DeviceMemory::~DeviceMemory() {
  if (pointer_) runtime_->release(pointer_);
}
void DeviceMemory::copy_in(const void* host) const {
  if (bytes_ == 0) return;
  require_ok(*runtime_, runtime_->copy_in(pointer_, host, bytes_, current_stream()), "copying to the device");
  require_ok(*runtime_, runtime_->synchronize(current_stream()), "copying to the device");
}
void DeviceMemory::copy_out(void* host) const {
  if (bytes_ == 0) return;
  require_ok(*runtime_, runtime_->copy_out(host, pointer_, bytes_, current_stream()), "copying from the device");
  require_ok(*runtime_, runtime_->synchronize(current_stream()), "copying from the device");
}
void DeviceMemory::fill(unsigned char value) const {
  if (bytes_ > 0) require_ok(*runtime_, runtime_->fill(pointer_, value, bytes_, current_stream()), "filling device memory");
}

PinnedMemory::PinnedMemory(size_t bytes) : runtime_(in_use()), bytes_(bytes) {
  if (bytes == 0) return;
  require_ok(*runtime_, runtime_->allocate_pinned(&pointer_, bytes), fmt::format("asking for {} bytes of pinned memory", bytes).c_str());
}
PinnedMemory::~PinnedMemory() {
  if (pointer_) runtime_->release_pinned(pointer_);
}
void PinnedMemory::queue_to(void* device, size_t bytes) const {
  if (bytes > bytes_) fail(ErrorKind::internal, "{} bytes of {} pinned ones were to be copied", bytes, bytes_);
  if (bytes > 0) require_ok(*runtime_, runtime_->copy_in(device, pointer_, bytes, current_stream()), "copying to the device");
}

namespace {
thread_local DeviceMemory workspace;
thread_local const Runtime* of_workspace = nullptr;
}  // namespace

void* device_workspace(size_t bytes) {
  if (of_workspace != in_use() || workspace.bytes() < bytes) {
    workspace = DeviceMemory();  // the old one first: both may not fit
    workspace = DeviceMemory(bytes);
    of_workspace = in_use();
  }
  return workspace.as<void>();
}

DeviceMemory take_workspace() { return std::exchange(workspace, DeviceMemory()); }

}  // namespace ceir
