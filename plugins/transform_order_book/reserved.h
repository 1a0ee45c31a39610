// An array of zeros whose memory is reserved at once and comes in when it is first touched.
//
// Threading: as a plain array. Memory: address space in the constructor, pages of it with their first use.
// Errors:    std::bad_alloc when there is not enough address space.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>

namespace tickweir::book {

template <typename T>
class Reserved {
 public:
  static_assert(std::is_trivially_destructible_v<T> && std::is_trivially_copyable_v<T>);

  explicit Reserved(std::size_t count) : count_(count), bytes_(count * sizeof(T)) {
    const bool is_large = bytes_ >= huge_page;
    if (is_large) bytes_ += huge_page;  // for the alignment
    memory_ =
        mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory_ == MAP_FAILED) throw std::bad_alloc();
    auto start = reinterpret_cast<std::uintptr_t>(memory_);
    if (is_large) {
      start = (start + huge_page - 1) & ~(huge_page - 1);
      // Advice only: fewer entries of the TLB. Where the kernel says no, all works the same.
      static_cast<void>(madvise(reinterpret_cast<void*>(start), count * sizeof(T), MADV_HUGEPAGE));
    }
    items_ = reinterpret_cast<T*>(start);
  }
  Reserved(const Reserved&) = delete;
  Reserved& operator=(const Reserved&) = delete;
  ~Reserved() { munmap(memory_, bytes_); }

  [[nodiscard]] std::size_t size() const { return count_; }
  T& operator[](std::size_t index) { return items_[index]; }
  const T& operator[](std::size_t index) const { return items_[index]; }

 private:
  static constexpr std::uintptr_t huge_page = 2 << 20;

  std::size_t count_;
  std::size_t bytes_;
  void* memory_;
  T* items_;
};

}  // namespace tickweir::book
