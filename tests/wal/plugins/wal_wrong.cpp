// A back end that is right, or wrong in the one way its option names: grades the torture suite.
//
// One file: id and schema, then groups, each with a checksum; all of it is kept in memory, too.
#include <unistd.h>

#include <array>

#include "../../../plugins/wal_memory/memory_log.h"
#include "../../../plugins/wal_segment/crc32c.h"
#include "tickweir/log_folder.h"
#include "tickweir/stage.h"

namespace {
using namespace tickweir;
using wal_segment::crc32c;

enum Fault : std::int64_t {
  none,
  no_sync,
  no_lock,
  no_checksum,
  lost_event,
  changed_byte,
  forgets_schema,
  repairs_when_reading,
  takes_gaps,
  half_kept,
  syncs_again,
  drops_too_much,
  drops_newest,
  holds_appends,
  own_id,
  hangs,
  crashes
};
constexpr std::array options{
    Option{.type = text, .name = "path", .help = "The log's file."},
    Option{.type = choice,
           .name = "fault",
           .default_text = "none",
           .choices = "none|no_sync|no_lock|no_checksum|lost_event|changed_byte|forgets_schema|"
                      "repairs_when_reading|takes_gaps|half_kept|syncs_again|drops_too_much|drops_newest|"
                      "holds_appends|own_id|hangs|crashes",
           .help = "What it does wrong."},
};

struct FileHead {
  std::array<std::uint8_t, 16> id{};
  std::uint64_t schema_bytes = 0;
};
struct GroupHead {
  std::uint32_t check = 0;
  std::uint32_t event_count = 0;
  std::uint64_t bytes = 0;
  std::uint64_t first_sequence = 0;
};

class WalWrong final : public WalBackend {
 public:
  static constexpr bool appends_outlive_process = true;

  explicit WalWrong(const Context& context)
      : files_(context.files()),
        path_(context.options.text("path")),
        fault_(context.options.choice<Fault>("fault")),
        log_(std::uint64_t{1} << 40) {}

  void open(const LogRequest& request, LogState& state) {
    const bool is_read_only = request.is_read_only != 0;
    const std::uint32_t flags = TICKWEIR_FILE_READ | (is_read_only ? 0U : std::uint32_t{TICKWEIR_FILE_WRITE});
    file_ = files_.open_if_there(path_, flags);
    if (!file_.is_open() && is_read_only) throw std::runtime_error("there is no log " + path_);
    if (!file_.is_open()) begin(request);
    if (!is_read_only && fault_ != no_lock && !file_.try_lock())
      throw std::runtime_error(path_ + " is in use");
    load(is_read_only);
    if (fault_ == forgets_schema) schema_ = request.schema;
    is_read_only_ = is_read_only;
    tell(state);
  }
  void append(std::span<const tickweir_span> spans, std::uint64_t first_sequence, std::uint32_t event_count) {
    if (is_read_only_) throw std::runtime_error("opened to be read");
    if (has_failed_) throw std::runtime_error("failed before");
    if (fault_ == crashes && event_count > 1000) std::abort();
    while (fault_ == hangs && event_count > 1000) ::pause();
    if (fault_ != takes_gaps && log_.last_sequence() != 0 && first_sequence != log_.last_sequence() + 1) {
      throw std::invalid_argument("a gap");
    }
    std::vector<std::uint8_t> events;
    for (const tickweir_span& span : spans) events.insert(events.end(), span.data, span.data + span.bytes);
    if (fault_ == changed_byte && first_sequence % 97 == 0 && !events.empty()) events.back() ^= 1;
    GroupHead head{.event_count = event_count, .bytes = events.size(), .first_sequence = first_sequence};
    head.check = crc32c(events.data(), events.size());
    const std::array pieces{tickweir_span{reinterpret_cast<const std::uint8_t*>(&head), sizeof head},
                            tickweir_span{events.data(), events.size()}};
    if (fault_ == holds_appends) {
      for (const tickweir_span& piece : pieces)
        held_.insert(held_.end(), piece.data, piece.data + piece.bytes);
    } else if (!file_.write(pieces, end_)) {
      if (fault_ == half_kept) end_ = file_.bytes();
      file_.resize(end_);
      throw LogFull("full");
    }
    end_ += sizeof head + events.size();
    remember(events, head);
  }
  void sync() {
    if (has_failed_) throw std::runtime_error("failed before");
    has_failed_ = fault_ != syncs_again;
    if (!held_.empty() && !file_.write(held_.data(), held_.size(), end_ - held_.size()))
      throw std::runtime_error("no room");
    held_.clear();
    if (fault_ != no_sync) file_.sync();
    has_failed_ = false;
  }
  bool read(std::uint64_t sequence, tickweir_batch& room) {
    if (sequence == 0) throw std::runtime_error("there is no sequence 0");
    return log_.read(sequence, room);
  }
  void truncate_before(std::uint64_t sequence) {
    if (fault_ == drops_too_much) log_.truncate_before(sequence + 1000);
    is_emptied_ = fault_ == drops_newest && sequence > log_.last_sequence();
  }
  void describe(LogState& state) { tell(state); }
  void stop() { file_.close(); }

 private:
  void begin(const LogRequest& request) {
    const std::string text = request.schema == nullptr ? "" : request.schema;
    FileHead head{.id = fault_ == own_id ? random_log_id() : new_log_id(request),
                  .schema_bytes = text.size()};
    const std::string fresh = path_ + ".new";
    if (files_.open_if_there(fresh, TICKWEIR_FILE_READ).is_open()) files_.remove(fresh);
    File file = files_.open(fresh, TICKWEIR_FILE_READ | TICKWEIR_FILE_WRITE | TICKWEIR_FILE_CREATE);
    if (!file.write(&head, sizeof head, 0) || !file.write(text.data(), text.size(), sizeof head)) {
      throw std::runtime_error("no room");
    }
    file.sync();
    file.close();
    files_.rename(fresh, path_);
    files_.sync_folder(path_.substr(0, path_.find_last_of('/')));
    file_ = files_.open(path_, TICKWEIR_FILE_READ | TICKWEIR_FILE_WRITE);
  }
  void load(bool is_read_only) {
    FileHead head;
    file_.read(&head, sizeof head, 0);
    id_ = head.id;
    schema_.resize(head.schema_bytes);
    file_.read(schema_.data(), schema_.size(), sizeof head);
    end_ = sizeof head + schema_.size();
    const std::uint64_t bytes = file_.bytes();
    for (GroupHead group; file_.read(&group, sizeof group, end_) == sizeof group;) {
      if (group.event_count == 0 || group.bytes > bytes - end_ - sizeof group) break;
      std::vector<std::uint8_t> events(group.bytes);
      file_.read(events.data(), events.size(), end_ + sizeof group);
      if (fault_ != no_checksum && crc32c(events.data(), events.size()) != group.check) break;
      end_ += sizeof group + events.size();
      remember(events, group);
    }
    if (is_read_only && fault_ != repairs_when_reading) return;
    if (fault_ == repairs_when_reading) {
      File touched = files_.open(path_, TICKWEIR_FILE_READ | TICKWEIR_FILE_WRITE);
      touched.resize(end_ + 1);
      return;
    }
    file_.resize(end_);
    file_.sync();
  }
  void remember(const std::vector<std::uint8_t>& events, const GroupHead& head) {
    if (head.event_count == 0) return;
    tickweir_span span{events.data(), events.size()};
    if (fault_ == lost_event && head.event_count > 1 && head.first_sequence % 13 == 0) {
      Event last;
      std::memcpy(&last, events.data(), sizeof last);
      span.bytes = last.size;
    }
    const std::uint64_t first =
        fault_ == takes_gaps && log_.last_sequence() != 0 ? log_.last_sequence() + 1 : head.first_sequence;
    log_.append({&span, 1}, first, head.event_count);
  }
  void tell(LogState& state) const {
    state.first_sequence = is_emptied_ ? 0 : log_.first_sequence();
    state.last_sequence = log_.last_sequence();
    state.bytes = end_;
    std::copy(id_.begin(), id_.end(), std::begin(state.id));
    state.schema = schema_.c_str();
    state.note = "one file";
  }

  Files files_;
  std::string path_;
  Fault fault_;
  wal_memory::MemoryLog log_;
  File file_;
  std::vector<std::uint8_t> held_;  // appended, and not written
  bool is_read_only_ = false;
  bool has_failed_ = false;
  bool is_emptied_ = false;
  std::array<std::uint8_t, 16> id_{};
  std::string schema_;
  std::uint64_t end_ = 0;
};

}  // namespace

TICKWEIR_PLUGIN(
    "wal_wrong", WalWrong,
    {.version = "1.0.0", .summary = "Grades the torture suite.", .accepts = "*", .options = options})
