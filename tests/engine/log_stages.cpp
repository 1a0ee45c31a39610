#include "log_stages.h"

#include <fcntl.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstring>
#include <stdexcept>
#include <thread>
#include <utility>

#include "test_stages.h"

namespace tickweir::test {

Disks& Disks::get() {
  static Disks disks;
  return disks;
}
void Disks::clear() {
  disks_.clear();
  closed_.clear();
  has_arrived_ = false;
}
void Disks::close(const std::string& stage) {
  const std::lock_guard lock(mutex_);
  closed_ = stage;
}
void Disks::open() {
  const std::lock_guard lock(mutex_);
  closed_.clear();
  changed_.notify_all();
}
void Disks::pass(const std::string& stage) {
  std::unique_lock lock(mutex_);
  if (closed_ != stage) return;
  has_arrived_ = true;
  changed_.notify_all();
  changed_.wait(lock, [&] { return closed_ != stage; });
}
void Disks::wait_for_arrival() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return has_arrived_; });
}

int descriptor_of_the_parent = -1;

std::vector<Settled>& settled() {
  static std::vector<Settled> all;
  return all;
}

namespace {

constexpr std::array options{Option{.type = integer, .name = "parameter", .default_text = "0"}};
constexpr std::array one_output{Output{.name = "events", .events = "*"}};
constexpr std::array reasons{Reason{.name = "refused", .help = "The parameter says so."}};
std::uint64_t shown_to_filter = 0;

class MemoryLog : public WalBackend {
 public:
  static constexpr bool appends_outlive_process = true;
  explicit MemoryLog(const Context& context) : id_(context.stage_id()), disk_(Disks::get().of(id_)) {}
  void open(const LogRequest& request, LogState& state) {
    if (disk_.schema.empty()) disk_.schema = request.schema;
    describe(state);
    state.note = disk_.note.c_str();
    disk_.synced = disk_.events.size();
  }
  void append(std::span<const tickweir_span> spans, std::uint64_t first_sequence, std::uint32_t event_count) {
    if (disk_.full_times != 0) {
      --disk_.full_times;
      throw LogFull("no room");
    }
    disk_.groups.push_back(event_count);
    if (disk_.groups.size() == disk_.fail_append_at) throw std::runtime_error("the disk said EIO");
    if (first_sequence != disk_.events.size() + 1) throw std::runtime_error("a hole in the sequences");
    if (!disk_.upstream.empty()) {
      disk_.upstream_synced_at_append = Disks::get().of(disk_.upstream).synced.load();
    }
    for (const tickweir_span& span : spans) {
      for (std::uint64_t at = 0; at < span.bytes;) {
        Event event;
        std::memcpy(&event, span.data + at, sizeof event);
        if (event.verdict != 0) throw std::runtime_error("an event with a verdict");
        disk_.events.emplace_back(span.data + at, span.data + at + event.size);
        at += event.size;
      }
    }
  }
  void sync() {
    Disks::get().pass(id_);
    count_sync();
    disk_.synced = disk_.events.size();
  }
  bool read(std::uint64_t sequence, tickweir_batch& room) {
    for (; sequence <= disk_.events.size(); ++sequence) {
      if (append_events(room, disk_.events[sequence - 1]) == 0) break;
    }
    return room.event_count != 0;
  }
  void truncate_before(std::uint64_t sequence) {
    disk_.dropped = std::max<std::size_t>(disk_.dropped, std::min<std::uint64_t>(sequence - 1, disk_.synced));
  }
  void describe(LogState& state) {
    state.id[0] = disk_.id;
    state.first_sequence = disk_.dropped == disk_.events.size() ? 0 : disk_.dropped + 1;
    state.last_sequence = disk_.events.size();
    state.schema = disk_.schema.c_str();
  }

 protected:
  void count_sync() {
    if (++disk_.syncs == disk_.fail_sync_at) throw std::runtime_error("the disk lost it");
    if (std::exchange(synced_groups_, disk_.groups.size()) == disk_.groups.size()) ++disk_.idle_syncs;
  }

  std::string id_;
  Disk& disk_;

 private:
  std::size_t synced_groups_ = 0;
};

class ForgetfulLog final : public MemoryLog {
 public:
  static constexpr bool appends_outlive_process = false;
  using MemoryLog::MemoryLog;
};

class OverlappingLog final : public MemoryLog {
 public:
  static constexpr bool appends_during_sync = true;
  explicit OverlappingLog(const Context& context)
      : MemoryLog(context), events_(static_cast<std::size_t>(context.options.integer("parameter"))) {}
  void append(std::span<const tickweir_span> spans, std::uint64_t first_sequence, std::uint32_t event_count) {
    const std::lock_guard lock(mutex_);
    appender_ = std::this_thread::get_id();
    MemoryLog::append(spans, first_sequence, event_count);
    if (is_syncing_) ++disk_.appends_during_syncs;
    appended_.notify_all();
  }
  void sync() {
    Disks::get().pass(id_);
    std::unique_lock lock(mutex_);
    count_sync();
    const std::size_t covered = disk_.events.size();
    is_syncing_ = true;
    // Until there was one: later on the append may wait for what only this sync's end sets free. So it does
    // already when it came a moment before this call: then the next sync tries again.
    const bool is_missing = disk_.appends_during_syncs == 0;
    if (is_missing && appender_ != std::this_thread::get_id() && covered < events_) {
      appended_.wait_until(lock, std::chrono::system_clock::now() + std::chrono::milliseconds(100),
                           [&] { return disk_.events.size() > covered; });
    }
    is_syncing_ = false;
    disk_.synced = covered;
  }

 private:
  std::size_t events_;
  std::mutex mutex_;
  std::condition_variable appended_;
  std::thread::id appender_;
  bool is_syncing_ = false;
};

template <bool lasts>
class SettlingSource final : public Source {
 public:
  explicit SettlingSource(const Context& context)
      : parameter_(static_cast<std::uint64_t>(context.options.integer("parameter"))),
        source_(context.source_number()) {}
  PollResult poll(Emitter& out, Idle&) {
    for (std::uint64_t i = 0; i < 1 + next_ * 7 % 23 && next_ < parameter_; ++i, ++next_) {
      // Every other time is before the one before it.
      out.emit(0, next_ ^ 1, make_origin(source_, next_ + 1), Number{.value = next_, .path = 0});
    }
    return next_ != parameter_ ? PollResult::more : lasts ? PollResult::idle : PollResult::finished;
  }
  void save(StateWriter& out) const requires lasts { out.put(next_); }
  void load(StateReader& in) requires lasts { next_ = in.get<std::uint64_t>(); }
  void recover(const BatchView& batch) {
    batch.for_each([&](const Event& event) {
      if (origin_source(event.origin) == source_) next_ = origin_number(event.origin);
    });
  }
  void settle(const BatchView& batch) {
    const auto bytes = batch.bytes();
    const Disk& disk = Disks::get().of("log");
    for (std::size_t at = 0; at < bytes.size();) {
      const auto& event = *reinterpret_cast<const Event*>(bytes.data() + at);
      settled().push_back(
          {event.origin, event.verdict, event.sequence != 0 && event.sequence <= disk.synced});
      at += event.size;
    }
  }

 private:
  std::uint64_t parameter_;
  std::uint32_t source_;
  std::uint64_t next_ = 0;
};

template <bool saves>
class RecoveringFilter final : public Filter {
 public:
  explicit RecoveringFilter(const Context& context) : parameter_(context.options.integer("parameter")) {
    shown_to_filter = 0;
  }
  void apply(Batch& batch) {
    batch.for_each([&](Event& event) {
      if (is_refused(payload<Number>(event).value, parameter_)) batch.drop(event, 0);
    });
  }
  void save(StateWriter& out) const requires saves { out.put<std::uint64_t>(7); }
  void load(StateReader& in) requires saves { in.expect("filter format", 7); }
  void recover(const BatchView& batch) { shown_to_filter += batch.live_count(); }

 private:
  std::int64_t parameter_;
};

void end_as_told() {
  if (save_end() == SaveEnd::killed) ::raise(SIGKILL);
  if (save_end() == SaveEnd::trapped) __builtin_trap();
}

template <bool fails>
class Summing final : public Transform {
 public:
  explicit Summing(const Context& context)
      : keep_(static_cast<std::uint64_t>(context.options.integer("parameter"))) {}
  void process(const BatchView& batch, Emitter& out) {
    batch.for_each([&](const Event& event) {
      sum_ += payload<Number>(event).value;
      ++seen_;
      if (kept_ != 0) out.emit(0, event.time, event.origin, Number{.value = kept_ - 1, .path = 1});
      kept_ = 0;
      if (keep_ != 0 && seen_ % keep_ == 0) {
        kept_ = sum_ + 1;
      } else {
        out.emit(0, event.time, event.origin, Number{.value = sum_, .path = 0});
      }
    });
  }
  [[nodiscard]] std::uint64_t held() const { return kept_ != 0 ? 1 : 0; }
  void save(StateWriter& out) const {
    if (fails) throw std::runtime_error("it will not be saved");
    if (descriptor_of_the_parent >= 0) check_process();
    end_as_told();
    out.put(sum_);
    out.put(seen_);
    out.put(kept_);
  }
  void load(StateReader& in) {
    sum_ = in.get<std::uint64_t>();
    seen_ = in.get<std::uint64_t>();
    kept_ = in.get<std::uint64_t>();
  }

 private:
  static void check_process() {
    if (::fcntl(descriptor_of_the_parent, F_GETFD) != -1) throw std::runtime_error("what was open still is");
    sigset_t blocked;
    ::sigprocmask(SIG_BLOCK, nullptr, &blocked);
    if (sigismember(&blocked, SIGTERM) == 0) throw std::runtime_error("signals are not blocked");
  }

  std::uint64_t keep_;
  std::uint64_t sum_ = 0;
  std::uint64_t seen_ = 0;
  std::uint64_t kept_ = 0;  // a sum and one
};

template <typename Stage>
Plugin make(const char* name, const Description& description) {
  Plugin plugin;
  plugin.file = std::string(name) + ".so";
  plugin.table = detail::Tables<Stage>::make(name, description);
  plugin.note.layouts.push_back(
      {.name = "Number", .size_bytes = 16, .type = 300, .fields = "value@0:8 path@8:8"});
  return plugin;
}

}  // namespace

const Plugin& memory_log_plugin() {
  static const Plugin plugin = make<MemoryLog>("wal_test", {.accepts = "*", .options = options});
  return plugin;
}
const Plugin& forgetful_log_plugin() {
  static const Plugin plugin = make<ForgetfulLog>("wal_forgetful", {.accepts = "*", .options = options});
  return plugin;
}
const Plugin& overlapping_log_plugin() {
  static const Plugin plugin = make<OverlappingLog>("wal_overlapping", {.accepts = "*", .options = options});
  return plugin;
}
const Plugin& settling_source_plugin() {
  static const Plugin plugin =
      make<SettlingSource<false>>("source_settling", {.options = options, .outputs = one_output});
  return plugin;
}
const Plugin& recovering_filter_plugin() {
  static const Plugin plugin = make<RecoveringFilter<false>>(
      "filter_recovering", {.accepts = "*", .options = options, .reasons = reasons});
  return plugin;
}
const Plugin& lasting_source_plugin() {
  static const Plugin plugin =
      make<SettlingSource<true>>("source_lasting", {.options = options, .outputs = one_output});
  return plugin;
}
const Plugin& saving_filter_plugin() {
  static const Plugin plugin =
      make<RecoveringFilter<true>>("filter_saving", {.accepts = "*", .options = options, .reasons = reasons});
  return plugin;
}
const Plugin& summing_plugin() {
  static const Plugin plugin =
      make<Summing<false>>("transform_summing", {.accepts = "*", .options = options, .outputs = one_output});
  return plugin;
}
const Plugin& failing_save_plugin() {
  static const Plugin plugin =
      make<Summing<true>>("transform_unsaved", {.accepts = "*", .options = options, .outputs = one_output});
  return plugin;
}
std::atomic<SaveEnd>& save_end() {
  static constinit std::atomic<SaveEnd> end{SaveEnd::none};
  return end;
}
std::uint64_t recovered_events() {
  return shown_to_filter;
}

}  // namespace tickweir::test
