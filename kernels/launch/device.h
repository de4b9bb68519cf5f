// A device's memory, streams and events as objects. All of them belong to the runtime that was in use when they were
// made (runtime.h); every call is checked.
#pragma once
#include <utility>

#include "kernels/launch/runtime.h"

namespace ceir {

// A queue of work on the device: in order within, no order between two.
class Stream {
 public:
  Stream();
  ~Stream();
  Stream(Stream&& other) noexcept : runtime_(other.runtime_), handle_(std::exchange(other.handle_, nullptr)) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  StreamHandle handle() const { return handle_; }
  void synchronize() const;  // waits for all that was queued; errors of kernels appear here

 private:
  const Runtime* runtime_;
  StreamHandle handle_ = nullptr;
};

// The stream that launches and copies of this thread go to: the default stream, or that of the innermost OnStream.
StreamHandle current_stream();
class OnStream {
 public:
  explicit OnStream(const Stream& stream);
  ~OnStream();
  OnStream(const OnStream&) = delete;
  OnStream& operator=(const OnStream&) = delete;

 private:
  StreamHandle before_;
};
void synchronize();  // waits for the current stream

// A moment in a stream: for timing, and for making one stream wait for another.
class Event {
 public:
  Event();
  ~Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  void record();                       // in the current stream
  void hold_back() const;              // the current stream waits for it
  float ms_until(const Event& end) const;

 private:
  const Runtime* runtime_;
  EventHandle handle_ = nullptr;
};

// Uninitialised memory of the device in use, aligned to 256 bytes; none for 0 bytes.
class DeviceMemory {
 public:
  DeviceMemory() = default;
  explicit DeviceMemory(size_t bytes);
  ~DeviceMemory();
  DeviceMemory(DeviceMemory&& other) noexcept
      : runtime_(other.runtime_), pointer_(std::exchange(other.pointer_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  DeviceMemory& operator=(DeviceMemory&& other) noexcept {
    std::swap(runtime_, other.runtime_), std::swap(pointer_, other.pointer_), std::swap(bytes_, other.bytes_);
    return *this;
  }
  template <class T> T* as() const { return static_cast<T*>(pointer_); }
  size_t bytes() const { return bytes_; }
  void copy_in(const void* host) const;   // all of it, in the current stream; `host` is free again on return
  void copy_out(void* host) const;        // returns when the data are there
  void fill(unsigned char value) const;

 private:
  const Runtime* runtime_ = nullptr;
  void* pointer_ = nullptr;
  size_t bytes_ = 0;
};

// Memory of the CPU that the device copies from by itself while the CPU goes on.
class PinnedMemory {
 public:
  PinnedMemory() = default;
  explicit PinnedMemory(size_t bytes);
  ~PinnedMemory();
  PinnedMemory(PinnedMemory&& other) noexcept
      : runtime_(other.runtime_), pointer_(std::exchange(other.pointer_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  PinnedMemory& operator=(PinnedMemory&& other) noexcept {
    std::swap(runtime_, other.runtime_), std::swap(pointer_, other.pointer_), std::swap(bytes_, other.bytes_);
    return *this;
  }
  template <class T> T* as() const { return static_cast<T*>(pointer_); }
  size_t bytes() const { return bytes_; }
  void queue_to(void* device, size_t bytes) const;  // in the current stream; not to be written to before that has passed it

 private:
  const Runtime* runtime_ = nullptr;
  void* pointer_ = nullptr;
  size_t bytes_ = 0;
};

// Scratch memory of the device for a rung, at least `bytes`: this thread's, valid until it asks again. Work that was queued
// with the old one must be in the stream that is current now.
void* device_workspace(size_t bytes);
// Gives it up, for a graph whose nodes know its address: the thread's next one lies elsewhere.
DeviceMemory take_workspace();

}  // namespace ceir
