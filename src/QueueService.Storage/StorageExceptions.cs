namespace QueueService.Storage;

/// <summary>A file was written by a newer version: the start is refused, nothing is changed.</summary>
public sealed class UnknownFormatException(string found, int known)
    : IOException($"This data directory was written by a newer version ({found}; this version knows {known}).");

/// <summary>Bytes that were durable are wrong. The start is refused; `verify` says more.</summary>
public sealed class CorruptStoreException(string message) : IOException(message);

/// <summary>Segments of this store are in an object store, and none is configured.</summary>
public sealed class MissingTierException()
    : IOException(
        "Some of its data is in an object store, and none is configured: say where by Tier:Directory or Tier:S3.");

/// <summary>The journal failed and takes nothing more until a restart recovers what is really on disk.</summary>
public sealed class StoreFailedException(string message, Exception cause) : IOException(message, cause);
