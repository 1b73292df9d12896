using System.Net;

namespace QueueService.Server.Webhooks;

/// <summary>How far a connection came. The last entry that was reached names the phase that failed.</summary>
internal enum ConnectPhase
{
    None,
    Resolving,
    Connecting,

    /// <summary>Connected; over https, TLS is being agreed on.</summary>
    Securing,
    Ready,
}

/// <summary>What is known about one connection, from the name to its end. Written by the one who opens it, and read
/// when it is in use or has failed.</summary>
internal sealed class ConnectionFacts
{
    public ConnectPhase Phase { get; set; }

    public IReadOnlyList<IPAddress> Addresses { get; set; } = [];

    public IPEndPoint? Remote { get; set; }

    public TimeSpan? Dns { get; set; }

    public TimeSpan? Connect { get; set; }

    public TimeSpan? Tls { get; set; }

    /// <summary>When TCP was connected; a timestamp of the clock.</summary>
    public long ConnectedAt { get; set; }

    public bool IsUsed { get; set; }
}

/// <summary>What one attempt learns of the connection that carries it. The pool may give it another one than the one
/// that it opened, so the connection says so itself when the request is written to it.</summary>
internal sealed class AttemptTrace
{
    public static readonly HttpRequestOptionsKey<AttemptTrace> Key = new("queueservice.attempt");

    /// <summary>The attempt in whose flow a connection is written to.</summary>
    public static readonly AsyncLocal<AttemptTrace?> Current = new();

    private volatile ConnectionFacts? _opening;
    private volatile ConnectionFacts? _carrier;

    /// <summary>The connection that was opened on behalf of this attempt.</summary>
    public ConnectionFacts? Opening
    {
        get => _opening;
        set => _opening = value;
    }

    /// <summary>The connection that it was sent over; without one, the one that failed.</summary>
    public ConnectionFacts? Connection => _carrier ?? _opening;

    public bool IsSent => _carrier is not null;

    public bool IsReused { get; private set; }

    /// <summary>Timestamp of the answer's first byte; 0 before it.</summary>
    public long FirstByteAt { get; private set; }

    public void SentOver(ConnectionFacts connection)
    {
        if (ReferenceEquals(_carrier, connection)) return;
        IsReused = connection.IsUsed;
        connection.IsUsed = true;
        FirstByteAt = 0;
        _carrier = connection;
    }

    public void ByteRead(long timestamp)
    {
        if (FirstByteAt == 0) FirstByteAt = timestamp;
    }
}
