// Which MoldUDP64 sessions a capture holds, and the sequence that each goes on with.
//
// Lines of several sessions may come in turn. So many as `most` are followed at once: another takes the place
// of the one that was heard of least lately, as a capture of many days has many sessions that are over.
//
// Threading: one thread. Memory: fixed. Errors: none.
// Cost:      a look at the sessions heard of since this one, which is one where they do not take turns.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace tickweir::itch {

struct MoldSession {
  std::array<std::uint8_t, 10> name{};
  std::uint64_t expected = 0;  // its next sequence
};

class MoldSessions {
 public:
  static constexpr std::size_t most = 16;

  struct Heard {
    MoldSession* session = nullptr;  // good until the next call
    bool forgets_another = false;
  };
  // The session of that name. One that was not heard of before, or was forgotten, begins with `sequence`: a
  // capture may begin anywhere in it.
  Heard hear(const std::uint8_t* name, std::uint64_t sequence) {
    const auto end = sessions_.begin() + static_cast<std::ptrdiff_t>(count_);
    auto at = std::find_if(sessions_.begin(), end, [name](const MoldSession& session) {
      return std::equal(session.name.begin(), session.name.end(), name);
    });
    const bool forgets = at == sessions_.end();
    if (at == end) {
      if (forgets) {
        --at;
      } else {
        ++count_;
      }
      std::copy_n(name, at->name.size(), at->name.begin());
      at->expected = sequence;
    }
    std::rotate(sessions_.begin(), at, at + 1);
    return {.session = &sessions_.front(), .forgets_another = forgets};
  }

 private:
  std::array<MoldSession, most> sessions_{};  // the one heard of last first
  std::size_t count_ = 0;
};

}  // namespace tickweir::itch
