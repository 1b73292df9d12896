using System.Text.Json;
using QueueService.Broker.Messages;

namespace QueueService.Broker.Topics.Filters;

/// <summary>The keys of a body that is a JSON object.</summary>
internal sealed partial class MessageFields
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 256 };

    /// <summary>A character can be written as an escape of six bytes.</summary>
    private const int MaxEscapedKeyBytes = 6 * FilterLimits.KeyBytes;

    /// <returns>False when the body is not a JSON object. One with more than 256 levels counts as none.</returns>
    public bool TryReadBody(ReadOnlySpan<byte> message, PathTree paths)
    {
        Clear(paths);
        ReadOnlySpan<byte> body = MessageFormat.Body(message);
        // The reader tells what is not JSON by an exception: keep that for what looks like an object.
        if (!MessageFormat.IsText(message) || !LooksLikeObject(body)) return false;
        try
        {
            Utf8JsonReader json = new(body, Options);
            json.Read();
            ReadObject(ref json, paths.Root, Root);
            while (json.Read())
            {
                // Read on, so that what follows the object is refused.
            }

            return true;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The latter for an escape that is half of a surrogate pair: valid by the grammar, and no text.
            return false;
        }
    }

    private static bool LooksLikeObject(ReadOnlySpan<byte> body)
    {
        body = body.Trim(" \t\r\n"u8);
        return body.Length > 1 && body[0] == '{' && body[^1] == '}';
    }

    private static PathNode? FindKey(ref Utf8JsonReader json, PathNode path)
    {
        if (json.ValueSpan.Length > MaxEscapedKeyBytes) return null;
        ReadOnlySpan<byte> name = json.ValueSpan;
        if (json.ValueIsEscaped)
        {
            Span<byte> unescaped = stackalloc byte[MaxEscapedKeyBytes];
            int length = json.CopyString(unescaped);
            return path.Children!.TryGet(unescaped[..length], out PathNode? escaped) ? escaped : null;
        }

        return path.Children!.TryGet(name, out PathNode? node) ? node : null;
    }

    /// <param name="node">Of the object, begun.</param>
    private void ReadObject(ref Utf8JsonReader json, PathNode path, int node)
    {
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            PathNode? key = FindKey(ref json, path);
            json.Read();
            if (key is null)
            {
                json.Skip();
                continue;
            }

            if (node == Root) NoteHead(key.Id, _count);
            ReadValue(ref json, key);
        }

        End(node);
    }

    private void ReadValue(ref Utf8JsonReader json, PathNode path)
    {
        switch (json.TokenType)
        {
            case JsonTokenType.String when json.ValueIsEscaped:
                int length = json.CopyString(Reserve(json.ValueSpan.Length));
                Begin(new FieldNode { Path = path.Id, Kind = FieldKind.String, Start = _used, Length = length });
                _used += length;
                break;
            case JsonTokenType.String: AddText(path.Id, json.ValueSpan); break;
            case JsonTokenType.Number:
                Begin(new FieldNode { Path = path.Id, Kind = FieldKind.Number, Number = NumberText.Read(json.ValueSpan) });
                break;
            case JsonTokenType.True: Begin(new FieldNode { Path = path.Id, Kind = FieldKind.True }); break;
            case JsonTokenType.False: Begin(new FieldNode { Path = path.Id, Kind = FieldKind.False }); break;
            case JsonTokenType.Null: Begin(new FieldNode { Path = path.Id, Kind = FieldKind.Null }); break;
            case JsonTokenType.StartObject:
                int begun = Begin(new FieldNode { Path = path.Id, Kind = FieldKind.Object });
                if (path.Children is null) json.Skip();
                else ReadObject(ref json, path, begun);
                break;
            default:
                int array = Begin(new FieldNode { Path = path.Id, Kind = FieldKind.Array });
                ReadArray(ref json, path);
                End(array);
                break;
        }
    }

    private void ReadArray(ref Utf8JsonReader json, PathNode path)
    {
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType == JsonTokenType.StartArray) ReadArray(ref json, path);
            else ReadValue(ref json, path);
        }
    }
}
