#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/file_descriptor.h"
#include "base/result.h"
#include "base/secret.h"
#include "crypto/key_ring.h"

namespace sluice::catalog {

/// A recipient's profile file as it stands in the data directory.
struct StoredProfile {
  std::string path;
  Secret token;
  enum class Change { kKept, kCreated, kEndpointRewritten };
  Change change = Change::kKept;
};

/// Where a running server can be reached, for scripts: ports.json.
struct ListeningPorts {
  int recipients = 0;
  int admin = 0;
  int files = 0;  ///< 0: no such listener; left out of the file.
};

/// What the server that uses a data directory listens on. Errors: kUnavailable if none does;
/// kCorruptData if ports.json is not the server's.
Result<ListeningPorts> ReadPorts(const std::string& data_directory);
/// The owner's token as it stands in a data directory, for programs of the owner. Errors: kNotFound
/// if there is none; kPermissionDenied if it cannot be read, or others may.
Result<Secret> ReadOwnerToken(const std::string& data_directory);

inline constexpr char kOwnerSocketFile[] = "admin.sock";
inline constexpr char kCertificateFile[] = "tls.crt";
inline constexpr char kCertificateKeyFile[] = "tls.key";

/// The folder in which one server keeps its secrets and its state (mode 0700; files 0600):
///   lock        held while a server runs
///   master.key  32 random bytes, and older ones below; every other key is derived from them
///   admin.token the owner's token
///   me.share    the profile of the recipient "me"; the only home of its token
///   admin.sock  the owner's socket
///   tls.crt     the certificate that the server made itself, if told to; tls.key is its key
///   ports.json  while listening
/// Others keep in it what is theirs: catalog.db, audit.db, audit/, node.suffix.
/// Files are written whole: to a temporary name, synced, then renamed.
class DataDirectory {
 public:
  /// Creates the folder if it is missing, and locks it. Errors: kAlreadyExists if another server
  /// holds the lock; kPermissionDenied if others may write to the folder or read a secret in it;
  /// kUnavailable if it cannot be made or written.
  static Result<std::unique_ptr<DataDirectory>> Open(const std::string& path);
  /// Removes ports.json and releases the lock.
  ~DataDirectory();
  DataDirectory(const DataDirectory&) = delete;
  DataDirectory& operator=(const DataDirectory&) = delete;

  const std::string& path() const { return path_; }
  std::string PathOf(const std::string& file) const { return path_ + "/" + file; }

  /// The secrets of master.key, newest first; made at the first call. Errors: kCorruptData.
  Result<crypto::KeyRing> MasterKeys();
  /// The text of admin.token, made at the first call.
  Result<Secret> AdminToken();
  /// The profile RECIPIENT.share, made if missing. If it names another endpoint, that is replaced
  /// and the token kept. Errors: kCorruptData, naming the file, if it is no profile;
  /// kPermissionDenied if others may read it.
  Result<StoredProfile> ProfileFor(const std::string& recipient, const std::string& endpoint);
  /// Replaces a file, which others than its owner cannot read.
  Result<void> WriteFile(const std::string& file, std::string_view text);
  Result<void> WritePorts(const ListeningPorts& ports);

 private:
  DataDirectory(std::string path, FileDescriptor lock);

  std::string path_;
  FileDescriptor lock_;
};

}  // namespace sluice::catalog
