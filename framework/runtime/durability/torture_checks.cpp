// The checks of the torture suite without a crash: what goes in comes out, and wrong use changes nothing.
#include "runtime/durability/torture_subject.h"

namespace tickweir::torture {
namespace {

using testing::LogFacts;
using testing::StageError;

template <typename Call>
bool is_refused(Call&& call) {
  try {
    call();
  } catch (const StageError&) {
    return true;
  }
  return false;
}

std::string round_trip(Subject& subject) {
  LogHarness log(subject.file(), subject.options());
  std::uint64_t groups = 0;
  for (; groups < 300; ++groups) {
    Subject::append(log, 1 + subject.random()() % 20);
    if (groups % 7 == 0) log.sync();
    if (groups % 50 == 0) Subject::expect_events(log, 1, log.next_sequence() - 1);
  }
  Subject::expect_events(log, 1, log.next_sequence() - 1);
  const auto facts = log.describe();
  require(
      facts.first_sequence == 1 && facts.last_sequence == log.next_sequence() - 1,
      "describe() says " + std::to_string(facts.first_sequence) + ".." + std::to_string(facts.last_sequence));
  require(!facts.note.empty(), "describe() does not say how it stores and syncs");
  return std::to_string(facts.last_sequence) + " events in " + std::to_string(groups) + " groups";
}

std::string empty_log(Subject& subject) {
  LogHarness log(subject.file(), subject.options());
  const auto check = [&] {
    const auto facts = log.describe();
    require(facts.first_sequence == 0 && facts.last_sequence == 0, "an empty log says that it holds events");
    require(log.read(1).empty(), "an empty log gave an event");
  };
  check();
  log.sync();
  check();
  log.append({});
  check();
  log.stop();
  return "";
}

std::string many_spans(Subject& subject) {
  LogHarness log(subject.file(), subject.options());
  std::uint64_t next = 1;
  for (std::uint64_t spans : {1, 2, 3, 50, 600}) {
    std::vector<std::vector<OwnedEvent>> groups;
    for (std::uint64_t i = 0; i < spans; ++i) {
      groups.push_back(events_of(next, i % 4));  // some are empty
      next += i % 4;
    }
    log.append_groups(groups);
  }
  Subject::expect_events(log, 1, next - 1);
  return std::to_string(next - 1) + " events";
}

std::string large_group(Subject& subject) {
  constexpr std::uint64_t count = 65'536;
  LogHarness log(subject.file(), subject.options());
  Subject::append(log, 3);
  Subject::append(log, count);
  log.sync();
  Subject::append(log, 3);
  Subject::expect_events(log, 1, count + 6);
  return "one group of 65536";
}

std::string large_event(Subject& subject) {
  LogHarness log(subject.file(), subject.options(), {.batch_bytes_max = 2 << 20});
  std::vector<OwnedEvent> sent;
  for (const std::size_t bytes : {60'000U, 0U, 1'000'000U, 8U}) {
    sent.emplace_back(std::uint16_t{400}, std::vector<std::uint8_t>(bytes, 0x5a),
                      testing::Fields{.time = bytes});
  }
  log.append(sent);
  require(log.read_all() == log.appended(), "events of up to 1 MB came back changed");
  return "events of up to 1 MB";
}

std::string reopen_continues(Subject& subject) {
  subject.needs_disk();
  LogHarness log(subject.file(), subject.options());
  const auto id = log.opened().id;
  for (int life = 0; life < 12; ++life) {
    const std::uint64_t last = log.next_sequence() - 1;
    Subject::append(log, 1 + subject.random()() % 300);
    if (life % 3 != 0) log.sync();
    const std::uint64_t now = log.next_sequence() - 1;
    if (life % 2 == 0) log.stop();  // otherwise destroyed without a word
    log.reopen();
    require(log.opened().id == id, "the log has another id after a reopen");
    require(log.opened().last_sequence == now, "ends with sequence " +
                                                   std::to_string(log.opened().last_sequence) +
                                                   " after a reopen, expected " + std::to_string(now));
    Subject::expect_events(log, 1, now);
    Subject::expect_events(log, std::max<std::uint64_t>(last, 1), now);
  }
  return "12 reopens";
}

std::string takes_id(Subject& subject) {
  LogSettings settings;
  for (std::uint8_t& byte : settings.id) byte = static_cast<std::uint8_t>(1 + subject.random()() % 255);
  const auto given = settings.id;
  LogHarness log(subject.file(), subject.options(), settings);
  require(log.opened().id == given, "a new log has another id than the one that it was to have");
  require(log.describe().id == given, "describe() tells another id");
  if (!subject.has_disk()) return "";
  Subject::append(log, 5);
  log.stop();
  settings.id[0] ^= 1;
  log.reopen(settings);
  require(log.opened().id == given, "an old log took the id that a new one was to have");
  return "";
}

std::string schema_kept(Subject& subject) {
  subject.needs_disk();
  std::string schema;
  for (int i = 0; i < 400; ++i)
    schema += "Event" + std::to_string(i) + " 64 " + std::to_string(300 + i) + " id@32:8\n";
  LogHarness log(subject.file(), subject.options(), {.schema = schema});
  require(log.opened().schema == schema, "a new log does not tell the schema it was given");
  Subject::append(log, 5);
  log.stop();
  log.reopen({.schema = "Other 64 300\n"});
  require(log.opened().schema == schema, "an old log does not keep its schema");
  require(log.describe().schema == schema, "describe() tells another schema");
  return std::to_string(schema.size()) + " bytes";
}

std::string reads_anywhere(Subject& subject) {
  constexpr std::uint64_t count = 3000;
  LogHarness log(subject.file(), subject.options(), {.batch_events_max = 64});
  while (log.next_sequence() <= count) Subject::append(log, 1 + subject.random()() % 40);
  const std::uint64_t last = log.next_sequence() - 1;
  for (int i = 0; i < 2000; ++i) {
    const std::uint64_t from = 1 + subject.random()() % last;
    const auto found = log.read(from);
    require(!found.empty() && found.front() == event_of(from),
            "read another event than sequence " + std::to_string(from));
  }
  for (const std::uint64_t from : {last - 1, std::uint64_t{1}, last / 2, last})
    Subject::expect_events(log, from, last);
  require(log.read(last + 1).empty() && log.read(last + 1000).empty(), "read events behind the end");
  return "2000 jumps";
}

std::string read_limits(Subject& subject) {
  for (const std::uint32_t events_max : {1U, 7U, 10'000U}) {
    LogSettings settings{.batch_events_max = events_max, .batch_bytes_max = 1024};
    Subject own(subject.settings(), "read_limits_" + std::to_string(events_max));
    LogHarness log(own.file(), own.options(), settings);
    Subject::append(log, 500);
    log.append({OwnedEvent(300, std::vector<std::uint8_t>(4000, 1))});
    Subject::append(log, 10);
    std::uint64_t next = 1;
    while (next <= 500) next += log.read(next).size();  // the harness checks each batch
    require(next == 501, "read the event that is larger than a batch");
    require(is_refused([&] { static_cast<void>(log.read(501)); }),
            "an event larger than the batch is not refused");
    Subject::expect_events(log, 502, 511);
  }
  return "";
}

std::string truncates(Subject& subject) {
  LogHarness log(subject.file(), subject.options());
  while (log.next_sequence() < 20'000) Subject::append(log, 200);
  log.sync();
  const std::uint64_t last = log.next_sequence() - 1;
  std::uint64_t first = 1;
  for (const std::uint64_t before :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{2}, last / 3, last / 2, last - 1}) {
    log.truncate_before(before);
    const auto facts = log.describe();
    require(facts.last_sequence == last, "truncate_before changed the end of the log");
    require(facts.first_sequence >= first && facts.first_sequence <= std::max<std::uint64_t>(before, 1),
            "truncate_before(" + std::to_string(before) + ") left a log that begins with " +
                std::to_string(facts.first_sequence));
    first = facts.first_sequence;
    Subject::expect_events(log, first, last);
    if (first > 1) {
      require(is_refused([&] { static_cast<void>(log.read(first - 1)); }), "a dropped event is not refused");
    }
  }
  Subject::append(log, 5);
  Subject::expect_events(log, first, last + 5);
  return first == 1 ? "kept everything, as it may" : "dropped " + std::to_string(first - 1) + " events";
}

std::string truncated_all(Subject& subject) {
  LogHarness log(subject.file(), subject.options());
  while (log.next_sequence() < 2'000) Subject::append(log, 100);
  log.sync();
  const std::uint64_t last = log.next_sequence() - 1;
  const auto check = [&](const LogFacts& facts) {
    require(facts.last_sequence == last, "forgot the sequence of the newest event");
    require(facts.first_sequence != 0, "dropped the newest event");
    Subject::expect_events(log, facts.first_sequence, last);
  };
  for (const std::uint64_t before : {last + 1, last + 1000}) {
    log.truncate_before(before);
    check(log.describe());
  }
  if (subject.has_disk()) {
    log.stop();
    check(log.reopen());
  }
  Subject::append(log, 5);
  Subject::expect_events(log, last + 1, last + 5);
  return "";
}

std::string begins_anywhere(Subject& subject) {
  LogHarness log(subject.file(), subject.options());
  log.set_next_sequence(1'000'000'007);
  Subject::append(log, 100);
  require(log.describe().first_sequence == 1'000'000'007,
          "a log that begins with another sequence does not say so");
  Subject::expect_events(log, 1'000'000'007, 1'000'000'106);
  return "";
}

std::string two_owners(Subject& subject) {
  subject.needs_disk();
  LogHarness log(subject.file(), subject.options());
  Subject::append(log, 10);
  const Ending other = in_own_process(subject.settings().seconds, [&]() -> std::string {
    LogHarness second(subject.file(), subject.options());
    return "";
  });
  require(other.mark == Mark::failed, "another process could open the log for writing");
  Subject::append(log, 10);
  Subject::expect_events(log, 1, 20);
  log.stop();
  LogHarness next(subject.file(), subject.options());
  Subject::expect_events(next, 1, 20);
  return "refused: " + other.text;
}

std::string read_only(Subject& subject) {
  subject.needs_disk();
  {
    LogHarness log(subject.file(), subject.options());
    for (int i = 0; i < 20; ++i) Subject::append(log, 50);
    log.stop();
  }
  const auto before = subject.files();
  {
    LogHarness log(subject.file(), subject.options(), {.is_read_only = true});
    Subject::expect_events(log, 1, 1000);
    require(is_refused([&] { Subject::append(log, 1); }), "a log opened to be read takes events");
    log.stop();
  }
  require(subject.files() == before, "opening a log to read it changed its files");
  Subject missing(subject.settings(), "read_only_missing");
  require(is_refused([&] { LogHarness log(missing.file(), missing.options(), {.is_read_only = true}); }),
          "a log that is not there can be opened to be read");
  return "";
}

std::string wrong_use(Subject& subject) {
  LogHarness log(subject.file(), subject.options());
  Subject::append(log, 10);
  for (const std::uint64_t wrong : {0U, 1U, 10U, 12U, 100U}) {
    log.set_next_sequence(wrong);
    require(is_refused([&] { Subject::append(log, 3); }),
            "took sequence " + std::to_string(wrong) + " after sequence 10");
  }
  require(is_refused([&] { static_cast<void>(log.read(0)); }), "read sequence 0, which no event has");
  Subject::expect_events(log, 1, 10);
  return "";
}

}  // namespace

std::vector<Check> plain_checks() {
  return {
      {"round_trip", "Gives back every event, byte for byte, in order.", round_trip},
      {"empty_log", "Opens, syncs, reads and stops with nothing in it.", empty_log},
      {"many_spans", "Takes one append from many pieces of memory.", many_spans},
      {"large_group", "Takes 64Ki events in one append.", large_group},
      {"large_event", "Takes events of 1 MB.", large_event},
      {"reads_anywhere", "Reads from any sequence on.", reads_anywhere},
      {"read_limits", "Keeps to the events and bytes of a batch.", read_limits},
      {"begins_anywhere", "A new log may begin with any sequence.", begins_anywhere},
      {"truncates", "Drops nothing that is still needed, and refuses to read what it dropped.", truncates},
      {"wrong_use", "Refuses sequences that do not follow, and keeps what it has.", wrong_use},
      {"reopen_continues", "Goes on where it was after a stop, and without one.", reopen_continues},
      {"truncated_all", "Keeps the newest event when all before any later one may go.", truncated_all},
      {"takes_id", "Gives a new log the id that is asked for.", takes_id},
      {"schema_kept", "Keeps the schema it was made with.", schema_kept},
      {"two_owners", "Refuses a second process that wants to write.", two_owners},
      {"read_only", "Changes nothing when it is opened to be read.", read_only},
  };
}

}  // namespace tickweir::torture
