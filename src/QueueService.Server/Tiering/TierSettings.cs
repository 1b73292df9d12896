namespace QueueService.Server.Tiering;

/// <summary>The section `Tier` of the settings: where sealed segments of streams may go.</summary>
internal sealed record TierSettings
{
    /// <summary>A directory, best on another disk; null when it is none.</summary>
    public string? Directory { get; init; }

    /// <summary>Null when it is none.</summary>
    public S3Settings? S3 { get; init; }

    public long CacheBytes { get; init; } = 1L << 30;

    public int BlockBytes { get; init; } = 1 << 20;

    /// <summary>0: any number.</summary>
    public long UploadBytesPerSecond { get; init; } = 64 << 20;
}

/// <summary>The section `Tier:S3`.</summary>
internal sealed record S3Settings(string Bucket)
{
    /// <summary>Null for AWS itself.</summary>
    public string? Endpoint { get; init; }

    public string Region { get; init; } = "us-east-1";

    /// <summary>In front of all names.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>The bucket is a part of the path, not of the host's name: most stores other than AWS need it.</summary>
    public bool ForcePathStyle { get; init; }

    /// <summary>In the form of ~/.aws/credentials, its profile `default`; null: environment variables and whatever else
    /// AWS's libraries look at.</summary>
    public string? CredentialsFile { get; init; }
}
