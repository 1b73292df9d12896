using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;

namespace QueueService.Aws.Protocol;

/// <summary>The parameters of a query request, as a tree by the dots of their names.</summary>
internal sealed class QueryTree
{
    private Dictionary<string, QueryTree>? _children;

    public string? Value { get; private set; }

    public QueryTree? Find(string name) => _children?.GetValueOrDefault(name);

    public string? Text(string name) => Find(name)?.Value;

    /// <summary>Adds the parameters of a query string or of a form; answers false when there are too many.</summary>
    public bool TryAdd(ReadOnlyMemory<char> encoded, ref int count)
    {
        foreach (QueryStringEnumerable.EncodedNameValuePair pair in new QueryStringEnumerable(encoded))
        {
            if (++count > AwsLimits.QueryParameters || !TryAdd(pair.DecodeName().Span, pair.DecodeValue()))
                return false;
        }

        return true;
    }

    /// <summary>The children with numbers, in their order; the node itself when it stands for its only item.</summary>
    /// <param name="field">Of an item: `Attribute.Name` is short for `Attribute.1.Name`.</param>
    public IEnumerable<QueryTree> Items(string? field = null)
    {
        // SDKs write an empty list as a name without a value.
        if (field is null ? Value is { Length: > 0 } : Find(field) is not null) return [this];
        return (_children ?? [])
            .Select(static child => (Number: Number(child.Key), Node: child.Value))
            .Where(static child => child.Number >= 0)
            .OrderBy(static child => child.Number)
            .Select(static child => child.Node);
    }

    private bool TryAdd(ReadOnlySpan<char> name, ReadOnlyMemory<char> value)
    {
        QueryTree node = this;
        int depth = 0;
        foreach (Range part in name.Split('.'))
        {
            if (++depth > AwsLimits.QueryDepth) return false;
            string key = name[part].ToString();
            node._children ??= new Dictionary<string, QueryTree>(StringComparer.Ordinal);
            if (!node._children.TryGetValue(key, out QueryTree? child))
                node._children.Add(key, child = new QueryTree());
            node = child;
        }

        node.Value = value.ToString();
        return true;
    }

    private static int Number(string key) =>
        int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1;
}
