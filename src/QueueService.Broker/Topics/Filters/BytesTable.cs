using System.Diagnostics.CodeAnalysis;

namespace QueueService.Broker.Topics.Filters;

/// <summary>A table by bytes that is looked into with spans.</summary>
internal sealed class BytesTable<T>
    where T : class
{
    private readonly Dictionary<byte[], T> _table = new(BytesComparer.Instance);
    private readonly Dictionary<byte[], T>.AlternateLookup<ReadOnlySpan<byte>> _lookup;

    public BytesTable() => _lookup = _table.GetAlternateLookup<ReadOnlySpan<byte>>();

    public int Count => _table.Count;

    public bool TryGet(ReadOnlySpan<byte> key, [MaybeNullWhen(false)] out T value) => _lookup.TryGetValue(key, out value);

    public void Add(byte[] key, T value) => _table.Add(key, value);

    public void Remove(byte[] key) => _table.Remove(key);

    private sealed class BytesComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static readonly BytesComparer Instance = new();

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

        /// <summary>Seeded per process: nobody can send keys that meet in one bucket.</summary>
        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            HashCode hash = default;
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }
    }
}
