// GroupedLog over a store in memory that fails when it is told to, as a transaction that is gone then.
#include <gtest/gtest.h>

#include <functional>
#include <iterator>
#include <map>
#include <optional>

#include "tickweir/grouped_log.h"
#include "tickweir/testing_folder.h"

namespace tickweir {
namespace {

struct Disk {
  std::map<std::string, std::string> meta;
  std::map<std::uint64_t, std::vector<std::uint8_t>> groups;
};
Disk committed;
int erases_until_failure = 0;  // 0: they do not fail
int commits_until_failure = 0;
std::string commit_failure;
int puts_until_failure = 0;

bool is_due(int& left) {
  return left != 0 && --left == 0;
}

class FrailStore {
 public:
  static constexpr const char* file = "LOCK";

  explicit FrailStore(const Context&) {}
  void open(const LogFolder&, bool) {}
  void close() { open_.reset(); }
  bool meta(const char* name, std::string& into) {
    const auto found = now().meta.find(name);
    if (found == now().meta.end()) return false;
    into = found->second;
    return true;
  }
  bool first(LogGroup& into) {
    return at_or_before(now().groups.empty() ? 0 : now().groups.begin()->first, into);
  }
  bool at_or_before(std::uint64_t key, LogGroup& into) {
    const auto behind = now().groups.upper_bound(key);
    if (behind == now().groups.begin()) return false;
    into.key = std::prev(behind)->first;
    into.bytes = std::prev(behind)->second;
    return true;
  }
  void put_meta(const char* name, std::string_view value) { begin().meta[name] = value; }
  void put(std::uint64_t key, std::span<const std::uint8_t> group) {
    if (is_due(puts_until_failure)) throw std::runtime_error("the store is broken");
    begin().groups[key].assign(group.begin(), group.end());
  }
  // Half of it is done when it fails.
  void erase_before(std::uint64_t key) {
    auto& groups = begin().groups;
    groups.erase(groups.begin());
    if (is_due(erases_until_failure)) throw std::runtime_error("no room to delete");
    groups.erase(groups.begin(), groups.lower_bound(key));
  }
  void commit() {
    const std::optional<Disk> done = std::exchange(open_, {});
    if (is_due(commits_until_failure)) throw std::runtime_error(commit_failure);
    if (done) committed = *done;
  }
  void roll_back() { open_.reset(); }
  static std::string how() { return "in memory"; }

 private:
  [[nodiscard]] const Disk& now() const { return open_ ? *open_ : committed; }
  Disk& begin() {
    if (!open_) open_ = committed;
    return *open_;
  }

  std::optional<Disk> open_;
};

class GroupedLogs : public ::testing::Test {
 protected:
  GroupedLogs() {
    committed = {};
    erases_until_failure = commits_until_failure = puts_until_failure = 0;
    commit_failure = "the disk lost it";
    path_.text = folder_name_.c_str();
    raw_.options = &path_;
    raw_.option_count = 1;
    raw_.host = &host_;
    open();
  }
  void open() {
    log_.emplace(Context(raw_, description_));
    log_->open({}, state_);
  }
  // Two events.
  void append() {
    std::array<Event, 2> events{};
    for (Event& event : events) event = {.size = sizeof event, .type = 300, .sequence = next_++};
    const tickweir_span span{reinterpret_cast<const std::uint8_t*>(events.data()), sizeof events};
    log_->append({&span, 1}, next_ - 2, 2);
  }
  bool reads(std::uint64_t sequence) {
    alignas(8) std::array<std::uint8_t, 256> memory{};
    tickweir_batch room;
    room.data = memory.data();
    room.capacity_bytes = memory.size();
    room.event_count_max = 1;
    return log_->read(sequence, room) && room.event_count == 1;
  }
  static std::string failure_of(const std::function<void()>& call) {
    try {
      call();
      return "none";
    } catch (const std::runtime_error& failure) {
      return failure.what();
    }
  }

  static constexpr std::array options_{Option{.type = text, .name = "path"}};
  const Description description_{.options = options_};
  const testing::TempFolder folder_;
  const std::string folder_name_ = folder_.at("log");
  tickweir_value path_;
  tickweir_host host_;
  tickweir_context raw_;
  std::optional<GroupedLog<FrailStore>> log_;
  LogState state_;
  std::uint64_t next_ = 1;
};

TEST_F(GroupedLogs, GoOnWithAllThatTheyHaveAfterADropThatFailed) {
  for (int* const fails : {&erases_until_failure, &commits_until_failure}) {
    append();
    log_->sync();
    append();  // not synced: the drop must not take it along
    append();
    *fails = fails == &commits_until_failure ? 2 : 1;  // the first commit is that of these events
    EXPECT_THROW(log_->truncate_before(next_ - 2), std::runtime_error);
    EXPECT_EQ(*fails, 0);
    for (std::uint64_t sequence = 1; sequence < next_; ++sequence) EXPECT_TRUE(reads(sequence)) << sequence;
    append();
    log_->stop();  // syncs
    open();
    EXPECT_EQ(state_.first_sequence, 1U);
    EXPECT_EQ(state_.last_sequence, next_ - 1);
  }
  log_->truncate_before(next_ - 2);
  log_->describe(state_);
  EXPECT_EQ(state_.first_sequence, next_ - 2);
}

TEST_F(GroupedLogs, AreOverAfterAFailureThatHasNoWords) {
  append();
  commits_until_failure = 1;
  commit_failure = "";
  EXPECT_THROW(log_->sync(), std::runtime_error);
  EXPECT_EQ(failure_of([&] { log_->sync(); }).find("the log "), 0U);
}

TEST_F(GroupedLogs, AreOverWhenWhatWasAppendedBeforeADropCannotBeCommitted) {
  append();
  log_->sync();
  append();
  commits_until_failure = 1;
  EXPECT_THROW(log_->truncate_before(3), std::runtime_error);
  for (const auto& call : std::initializer_list<std::function<void()>>{
           [&] { append(); }, [&] { log_->sync(); }, [&] { log_->describe(state_); }}) {
    const std::string said = failure_of(call);
    EXPECT_NE(said.find("failed before (the disk lost it): start again"), std::string::npos) << said;
  }
  log_->stop();
  open();
  EXPECT_EQ(state_.last_sequence, 2U);
}

TEST_F(GroupedLogs, SyncNothingAfterAFailureAlsoIfNothingElseIsLeftToCommit) {
  append();
  log_->sync();
  puts_until_failure = 1;
  EXPECT_THROW(append(), std::runtime_error);
  EXPECT_NE(failure_of([&] { log_->sync(); }).find("failed before (the store is broken)"), std::string::npos);
}

}  // namespace
}  // namespace tickweir
