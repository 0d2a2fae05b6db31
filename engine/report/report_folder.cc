#include "report/report_folder.h"

#include <cerrno>
#include <filesystem>
#include <string_view>

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include "report/sink.h"

namespace ringstorm {
namespace {

namespace fs = std::filesystem;

constexpr int kTriedNames = 1000;

std::string reason_for(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT: return "the disk is full";
    case EFBIG: return "the file would be larger than this process may write";
    case EROFS: return "the file system is read-only";
    case EACCES:
    case EPERM: return "no permission to write there";
    case EEXIST:
    case ENOTDIR: return "it is not a folder, or not in one";
    default: return fmt::format("{} (errno {})", strerrordesc_np(error), error);
  }
}

Error failed(const fs::path& path, int error) {
  return {path.string(), "the report could not be written: " + reason_for(error),
          "another folder: --out DIR"};
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

/// A file under a passing name, removed again unless it was given its real one.
class PendingFile {
 public:
  PendingFile(const fs::path& dir, std::string_view name)
      : path_(dir / name), passing_(dir / fmt::format(".{}.{}.part", name, getpid())) {}
  PendingFile(const PendingFile&) = delete;
  PendingFile& operator=(const PendingFile&) = delete;
  ~PendingFile() {
    if (state_ == State::passing) unlink(passing_.c_str());
    if (state_ == State::placed) unlink(path_.c_str());
  }

  Status write(std::string_view bytes) {
    const Descriptor file(open(passing_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (file.get() < 0) return failed(path_, errno);
    state_ = State::passing;
    while (!bytes.empty()) {
      const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return failed(path_, errno);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    if (fsync(file.get()) != 0) return failed(path_, errno);
    return success();
  }
  Status place() {
    if (rename(passing_.c_str(), path_.c_str()) != 0) return failed(path_, errno);
    state_ = State::placed;
    return success();
  }
  void keep() { state_ = State::kept; }

 private:
  enum class State { absent, passing, placed, kept };
  fs::path path_;
  fs::path passing_;
  State state_ = State::absent;
};

Status make_folders(const fs::path& dir) {
  std::error_code error;
  fs::create_directories(dir, error);
  if (error) return failed(dir, error.value());
  return success();
}

/// The renames too survive a crash. Best effort: some file systems cannot sync a folder, and the files are
/// whole anyway.
void sync_folder(const fs::path& dir) {
  const Descriptor folder(open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() >= 0) fsync(folder.get());
}

using Documents = std::vector<NamedDocument>;

Documents documents_of(const Report& report) {
  Documents documents;
  for (const NamedSink& sink : kSinks)
    documents.push_back({std::string(sink.file_name), sink.render(report)});
  return documents;
}

Result<std::string> fill_folder(const fs::path& dir, const Documents& documents) {
  std::vector<std::unique_ptr<PendingFile>> files;
  for (const NamedDocument& document : documents) {
    files.push_back(std::make_unique<PendingFile>(dir, document.file_name));
    if (Status written = files.back()->write(document.bytes); !written) return written.errors();
  }
  for (auto& file : files) {
    if (Status placed = file->place(); !placed) return placed.errors();
  }
  for (auto& file : files) file->keep();
  sync_folder(dir);
  return dir.string();
}

std::string folder_name(const std::string& name, std::chrono::system_clock::time_point started_at) {
  const std::time_t started = std::chrono::system_clock::to_time_t(started_at);
  return fmt::format("{:%Y%m%dT%H%M%SZ}-{}", fmt::gmtime(started), name);
}

/// Makes the first of "name", "name-2", ... that nobody has; mkdir() tells, so two runs cannot both get it.
Result<fs::path> make_fresh_folder(const fs::path& root, const std::string& name) {
  fs::path dir = root / name;
  for (int i = 2; i < kTriedNames; ++i) {
    std::error_code error;
    if (fs::create_directory(dir, error)) return dir;
    if (error && error.value() != EEXIST && error.value() != ENOTDIR) return failed(dir, error.value());
    dir = root / fmt::format("{}-{}", name, i);
  }
  return failed(dir, EEXIST);
}

Result<std::string> write_documents(const std::string& dir, const Documents& documents) {
  if (Status fit = check_report_folder(dir); !fit) return fit.errors();
  if (Status made = make_folders(dir); !made) return made.errors();
  return fill_folder(dir, documents);
}

Result<std::string> write_documents_under(const std::string& root, const std::string& name,
                                          const Documents& documents) {
  if (Status made = make_folders(root); !made) return made.errors();
  Result<fs::path> dir = make_fresh_folder(root, name);
  if (!dir) return dir.errors();
  Result<std::string> written = fill_folder(*dir, documents);
  std::error_code ignored;
  if (!written) fs::remove(*dir, ignored);  // only when empty
  return written;
}

}  // namespace

Status check_report_folder(const std::string& dir) {
  std::error_code error;
  // The nearest thing that exists on the way to `dir` must be a folder.
  fs::path nearest = dir;
  while (!nearest.empty() && !fs::exists(nearest, error)) {
    if (nearest == nearest.parent_path()) break;
    nearest = nearest.parent_path();
  }
  if (!nearest.empty() && fs::exists(nearest, error) && !fs::is_directory(nearest, error)) {
    return failed(nearest, ENOTDIR);
  }
  return success();
}

Result<std::string> make_report_folder(const std::string& dir, const std::string& name,
                                       std::chrono::system_clock::time_point started_at) {
  const fs::path made = dir.empty() ? fs::path("results") : fs::path(dir);
  if (Status fit = check_report_folder(made); !fit) return fit.errors();
  if (Status there = make_folders(made); !there) return there.errors();
  if (!dir.empty()) return dir;
  const Result<fs::path> fresh = make_fresh_folder(made, folder_name(name, started_at));
  if (!fresh) return fresh.errors();
  return fresh->string();
}

Result<std::string> write_report(const std::string& dir, const Report& report) {
  return write_documents(dir, documents_of(report));
}

Result<std::string> write_report_under(const std::string& root, const Report& report) {
  return write_documents_under(root, folder_name(report.plan.scenario.name, report.started_at),
                               documents_of(report));
}

Result<std::string> write_document(const std::string& dir, const NamedDocument& document) {
  return write_documents(dir, {document});
}

Result<std::string> write_document_under(const std::string& root, const std::string& name,
                                         std::chrono::system_clock::time_point started_at,
                                         const NamedDocument& document) {
  return write_documents_under(root, folder_name(name, started_at), {document});
}

}  // namespace ringstorm
