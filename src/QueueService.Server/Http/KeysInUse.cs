using System.Collections.Concurrent;
using QueueService.Broker.Idempotency;

namespace QueueService.Server.Http;

/// <summary>The idempotency keys of requests that run now and are remembered only when they have ended.</summary>
internal sealed class KeysInUse
{
    private readonly ConcurrentDictionary<UInt128, bool> _keys = new();

    /// <summary>False while another request with this key runs.</summary>
    public bool TryEnter(IdempotencyToken token) => _keys.TryAdd(token.Key, true);

    public void Leave(IdempotencyToken token) => _keys.TryRemove(token.Key, out _);
}
