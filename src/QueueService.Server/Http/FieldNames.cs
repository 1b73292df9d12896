using System.Text;
using System.Text.Json;

namespace QueueService.Server.Http;

/// <summary>The names of an object's fields, ready to be compared with what the reader stands on.</summary>
internal sealed class FieldNames(params string[] names)
{
    private readonly byte[][] _utf8 = [.. names.Select(Encoding.UTF8.GetBytes)];

    public IReadOnlyList<string> All => names;

    public int Count => names.Length;

    public string this[int index] => names[index];

    public int IndexOf(ref Utf8JsonReader json)
    {
        // Comparing an escaped name throws when it is not Unicode; nobody who means a known field escapes it.
        if (json.ValueIsEscaped) return Array.IndexOf(names, JsonRequest.Name(ref json));
        for (int i = 0; i < _utf8.Length; i++)
        {
            if (json.ValueTextEquals(_utf8[i])) return i;
        }

        return -1;
    }

    public override string ToString() => string.Join(", ", names);
}
