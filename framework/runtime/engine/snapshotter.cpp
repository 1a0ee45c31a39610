#include "runtime/engine/snapshotter.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "runtime/engine/at_rest.h"
#include "runtime/engine/clock.h"
#include "runtime/engine/large_pages.h"
#include "tickweir/planted_bug.h"

namespace tickweir {

namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t rest_timeout_ns = 1'000'000'000;    // sources are held for no longer
constexpr std::uint64_t save_timeout_ns = 300'000'000'000;  // a child that hangs is ended
constexpr std::uint64_t look_every_ns = 20'000'000;
constexpr milliseconds child_every{2};
constexpr int child_niceness = 10;

}  // namespace

struct Snapshotter::Shared {
  SaveError error;
};

// Holds the sources; at its end, however that comes about, every thread goes on.
class Snapshotter::Hold {
 public:
  explicit Hold(RunControl& control) : control_(control) {
    control_.rest().hold();
    control_.wake_all();
  }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;
  ~Hold() { let_go(); }
  void let_go() {
    if (!std::exchange(holds_, false)) return;
    control_.rest().let_go();
    control_.wake_all();
  }

 private:
  RunControl& control_;
  bool holds_ = true;
};

Snapshotter::Snapshotter(const RunParts& parts, SnapshotFolder& folder)
    : parts_(parts), folder_(folder), state_(parts.graph, parts.runners), config_(parts.graph.config) {
  void* const memory =
      ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  TICKWEIR_ASSERT(memory != MAP_FAILED);
  shared_ = new (memory) Shared{};
}

Snapshotter::~Snapshotter() {
  stop();
  ::munmap(shared_, sizeof(Shared));
}

void Snapshotter::start(std::optional<Snapshot> latest) {
  latest_ = std::move(latest);
  if (latest_) {
    for (const LogPosition& log : latest_->logs) events_at_last_ += log.last_sequence;
  }
  tried_at_ = clock_ticks();
  use_large_pages();
  thread_ = std::thread([this] { run(); });
}

void Snapshotter::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Snapshotter::run() {
  pthread_setname_np(pthread_self(), "snapshots");
  const std::chrono::nanoseconds pause(std::min(look_every_ns, config_.snapshots->every_ns));
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, pause, [this] { return is_stopping_; })) {
    lock.unlock();
    if (is_due()) try_to_take();
    lock.lock();
  }
}

void Snapshotter::try_to_take() {
  try {
    auto taken = take();
    if (!taken) parts_.control.log(TICKWEIR_LOG_WARNING, "snapshots", "none taken: " + taken.error().message);
  } catch (const std::bad_alloc&) {
    // It is counted, and there is no memory to say more.
  }
}

bool Snapshotter::is_due() {
  const std::lock_guard taking(taking_);
  if (parts_.control.is_replaying() || parts_.control.is_draining()) return false;
  const SnapshotsConfig& wanted = *config_.snapshots;
  if (ticks_to_ns(clock_ticks() - tried_at_) >= wanted.every_ns) return true;
  return wanted.every_events != 0 && events_given() >= events_at_last_ + wanted.every_events;
}

// By all logs together.
std::uint64_t Snapshotter::events_given() const {
  std::uint64_t events = 0;
  for (const auto& runner : parts_.runners) {
    if (runner->log() != nullptr) events += read_cell(runner->log()->cells().last_sequence);
  }
  return events;
}

// What goes wrong, no memory included, costs this snapshot only.
Result<void> Snapshotter::take() {
  const std::lock_guard taking(taking_);
  const std::uint64_t begin = tried_at_ = clock_ticks();
  Result<void> taken;
  try {
    taken = take_or_throw();
    folder_.discard();
  } catch (const std::exception& failure) {
    add_to_cell(parts_.cells.failed, 1);
    return Error{failure.what()};
  }
  if (!taken) {
    add_to_cell(parts_.cells.failed, 1);
    return taken;
  }
  Histogram(parts_.cells.save_ns.data()).record(ticks_to_ns(clock_ticks() - begin));
  return {};
}

Result<void> Snapshotter::take_or_throw() {
  // What the stages know is behind the numbers of the logs. It does not begin again; one that was cut short
  // is followed by the end of the run.
  if (parts_.control.is_replaying() && !TICKWEIR_BUG("snapshot amid the replay"))
    return Error{"the logs are being replayed"};
  auto file = folder_.create();
  if (!file) return file.error();
  writer_ = std::make_unique<SnapshotWriter>(folder_.raw_files(), file->handle());
  use_large_pages();
  Hold hold(parts_.control);
  auto positions = bring_to_rest();
  if (!positions) return positions.error();
  if (latest_ && latest_->logs == *positions) return {};
  if (auto saved = fork_and_save(hold, *file, *positions); !saved) return saved;
  return publish();
}

// While the sources are held. Leaves all threads standing still when it succeeds.
Result<std::vector<LogPosition>> Snapshotter::bring_to_rest() {
  Rest& rest = parts_.control.rest();
  const std::uint64_t begin = clock_ticks();
  const auto left_ns = [&] {
    const std::uint64_t passed = ticks_to_ns(clock_ticks() - begin);
    return passed < rest_timeout_ns ? rest_timeout_ns - passed : 0;
  };
  while (left_ns() != 0 && !parts_.control.is_draining() && !parts_.control.is_abandoned()) {
    if (!looks_at_rest()) {
      sched_yield();
      continue;
    }
    rest.begin_freeze();
    parts_.control.wake_all();
    frozen_at_ = clock_ticks();
    if (!rest.wait_until_frozen(left_ns()) || !rest.all_are_inside()) break;
    if (is_at_rest()) return state_.positions();
    rest.thaw();
  }
  if (parts_.control.is_draining() || parts_.control.is_abandoned()) return Error{"the run is ending"};
  return Error{"the pipeline did not come to rest within a second"};
}

bool Snapshotter::looks_at_rest() const {
  return tickweir::looks_at_rest(parts_.runners, parts_.edges, parts_.settlements);
}

// While frozen.
bool Snapshotter::is_at_rest() const {
  return tickweir::is_at_rest(parts_.runners, parts_.edges, parts_.settlements);
}

Result<void> Snapshotter::fork_and_save(Hold& hold, const File& file,
                                        const std::vector<LogPosition>& positions) {
  const int parent = ::getpid();
  const int child = ::fork();
  if (child == 0) {
    // Ends with its parent, also when that ended before the call.
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::getppid() != parent) ::_exit(1);
    save_in_child(file.handle(), positions);
  }
  const int cause = errno;
  hold.let_go();
  Histogram(parts_.cells.pause_ns.data()).record(ticks_to_ns(clock_ticks() - frozen_at_));
  if (child < 0) return Error{std::string("fork failed: ") + std::strerror(cause)};
  return wait_for_child(child);
}

void Snapshotter::save_in_child(std::int32_t file, const std::vector<LogPosition>& positions) {
  sigset_t all;
  sigfillset(&all);
  if (!TICKWEIR_BUG("child takes signals"))
    ::sigprocmask(SIG_SETMASK, &all, nullptr);  // handlers are the parent's
  if (!TICKWEIR_BUG("child keeps sockets")) {
    if (file > 3) ::close_range(3, static_cast<unsigned>(file) - 1, 0);
    ::close_range(static_cast<unsigned>(file) + 1, ~0U, 0);
  }
  if (TICKWEIR_BUG("child allocates"))
    parts_.control.log(TICKWEIR_LOG_DEBUG, "snapshots", "the child is saving now");
  ::setpriority(PRIO_PROCESS, 0, child_niceness);
  ::_exit(state_.save(*writer_, positions, shared_->error) ? 0 : 1);
}

Result<void> Snapshotter::wait_for_child(int child) {
  const std::uint64_t begin = clock_ticks();
  int status = 0;
  std::string ended;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    std::unique_lock lock(mutex_);
    const bool stops = changed_.wait_for(lock, child_every, [this] { return is_stopping_; });
    if (stops) ended = "the run is ending";
    if (ticks_to_ns(clock_ticks() - begin) > save_timeout_ns) ended = "the child that saves did not end";
    if (ended.empty()) continue;
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
    return Error{ended};
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  if (WIFSIGNALED(status)) {
    return Error{"the child that saves was ended by signal " + std::to_string(WTERMSIG(status))};
  }
  return Error{shared_->error[0] == '\0' ? "the child that saves failed" : shared_->error.data()};
}

Result<void> Snapshotter::publish() {
  const bool keeps_one = TICKWEIR_BUG("older snapshot removed");
  auto published = folder_.publish(latest_ && !keeps_one ? latest_->path : "");
  if (!published) return published.error();
  // The older of the two that are kept: with it, too, the logs must be able to go on.
  for (std::size_t i = 0, at = 0; latest_ && i < parts_.runners.size(); ++i) {
    LogStage* const log = parts_.runners[i]->log();
    if (log == nullptr) continue;
    const Snapshot& oldest = TICKWEIR_BUG("log dropped up to the newest snapshot") ? *published : *latest_;
    const std::uint64_t needed_from = oldest.logs[at++].last_sequence + 1;
    if (parts_.graph.stages[i].durability.retain == Retain::snapshots)
      log->committer().drop_before(needed_from);
  }
  latest_ = std::move(*published);
  events_at_last_ = 0;
  for (const LogPosition& log : latest_->logs) events_at_last_ += log.last_sequence;
  add_to_cell(parts_.cells.taken, 1);
  set_cell(parts_.cells.bytes, latest_->bytes);
  set_cell(parts_.cells.taken_at, wall_ns());
  return {};
}

}  // namespace tickweir
