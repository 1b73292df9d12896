using System.Text.Json;

namespace QueueService.Aws.Protocol;

/// <summary>How a value is written.</summary>
internal enum WireKind
{
    /// <summary>Text, and base64 of bytes.</summary>
    Text,
    Integer,
    Boolean,
    List,
    Map,
    Structure,
}

/// <summary>The type of a member in the query protocol.</summary>
/// <param name="Name">Of a flattened list or map: what stands in front of the number. Else null.</param>
/// <param name="Element">Of a list's items and a map's values.</param>
/// <param name="Structure">The name of the shape.</param>
internal sealed record WireType(
    WireKind Kind, string? Name = null, WireType? Element = null, string? Structure = null)
{
    /// <summary>Of a map's entries.</summary>
    public string Key { get; init; } = "";

    public string Value { get; init; } = "";
}

/// <summary>
/// The table of a service: for each structure its members, for each member how it is written. Read from an embedded
/// file, where the types are
/// <code>
///   string integer boolean           a value
///   Shape                            a structure
///   list Name Type                   flattened: Name.1, Name.2
///   map Name Key Value Type          flattened: Name.1.Key and Name.1.Value
///   members Type                     Member.member.1
///   entries Key Value Type           Member.entry.1.Key and Member.entry.1.Value
/// </code>
/// The structures of an action are `{Action}Request` and `{Action}Result`; one that is not there has no members.
/// </summary>
internal sealed class Shapes
{
    private static readonly Dictionary<string, WireType> NoMembers = [];

    private readonly Dictionary<string, Dictionary<string, WireType>> _structures = new(StringComparer.Ordinal);

    /// <summary>Of the XML.</summary>
    public string Namespace { get; private init; } = "";

    public static Shapes Load(string resource)
    {
        using Stream file = typeof(Shapes).Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"{resource} is not among the resources.");
        using JsonDocument document = JsonDocument.Parse(file);
        Shapes shapes = new() { Namespace = document.RootElement.GetProperty("namespace").GetString()! };
        foreach (JsonProperty shape in document.RootElement.GetProperty("shapes").EnumerateObject())
        {
            shapes._structures.Add(shape.Name, shape.Value.EnumerateObject().ToDictionary(
                static member => member.Name, static member => Parse(member.Value.GetString()!.Split(' '))));
        }

        return shapes;
    }

    /// <summary>In the order of the file.</summary>
    public IReadOnlyDictionary<string, WireType> Members(string structure) =>
        _structures.GetValueOrDefault(structure, NoMembers);

    private static WireType Parse(ReadOnlySpan<string> words) => words[0] switch
    {
        "string" => new WireType(WireKind.Text),
        "integer" => new WireType(WireKind.Integer),
        "boolean" => new WireType(WireKind.Boolean),
        "list" => new WireType(WireKind.List, words[1], Parse(words[2..])),
        "members" => new WireType(WireKind.List, Element: Parse(words[1..])),
        "map" => new WireType(WireKind.Map, words[1], Parse(words[4..])) { Key = words[2], Value = words[3] },
        "entries" => new WireType(WireKind.Map, Element: Parse(words[3..])) { Key = words[1], Value = words[2] },
        _ => new WireType(WireKind.Structure, Structure: words[0]),
    };
}
