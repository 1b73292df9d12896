namespace QueueService.Broker.Topics.Filters;

internal enum Operator : byte
{
    Equal,
    EqualIgnoringCase,
    Prefix,
    Suffix,
    Wildcard,
    Address,
    EqualNumber,
    NotEqualNumber,
    Range,
    True,
    False,
    Null,
    AnythingBut,
    Exists,
    NotExists,
}

/// <summary>What one value of a message is held against.</summary>
internal sealed class Condition(Operator kind)
{
    public Operator Operator { get; } = kind;

    /// <summary>The string to compare with; for <see cref="Operator.EqualIgnoringCase"/> folded.</summary>
    public byte[] Text { get; init; } = [];

    /// <summary>The number to compare with, or the lower bound.</summary>
    public double Low { get; init; } = double.NegativeInfinity;

    public double High { get; init; } = double.PositiveInfinity;

    public bool IncludesLow { get; init; }

    public bool IncludesHigh { get; init; }

    public WildcardPattern? Pattern { get; init; }

    public AddressBlock Block { get; init; }

    /// <summary>Of <see cref="Operator.AnythingBut"/>: none may hold.</summary>
    public Condition[] Excluded { get; init; } = [];

    public bool Holds(in FieldValue value, NumberMatching numbers) => Operator switch
    {
        Operator.Equal => value.Kind == FieldKind.String && value.Text.SequenceEqual(Text),
        Operator.EqualIgnoringCase => value.Kind == FieldKind.String && CaseFolding.Equals(value.Text, Text),
        Operator.Prefix => value.Kind == FieldKind.String && value.Text.StartsWith(Text),
        Operator.Suffix => value.Kind == FieldKind.String && value.Text.EndsWith(Text),
        Operator.Wildcard => value.Kind == FieldKind.String && Pattern!.Matches(value.Text),
        Operator.Address => value.Kind == FieldKind.String && Block.Contains(value.Text),
        Operator.EqualNumber => NumberOf(value, numbers) is { } number && number.Equals(Low),
        Operator.NotEqualNumber => NumberOf(value, numbers) is { } number && !number.Equals(Low),
        Operator.Range => NumberOf(value, numbers) is { } number && Contains(number),
        Operator.True => value.Kind == FieldKind.True,
        Operator.False => value.Kind == FieldKind.False,
        Operator.Null => value.Kind == FieldKind.Null,
        Operator.AnythingBut => !AnyExcluded(value, numbers),
        Operator.Exists => true,
        _ => false,
    };

    private static double? NumberOf(in FieldValue value, NumberMatching numbers) =>
        value.Kind == FieldKind.Number || numbers == NumberMatching.NumbersInStrings ? value.Number : null;

    private bool Contains(double number) =>
        (IncludesLow ? number >= Low : number > Low) && (IncludesHigh ? number <= High : number < High);

    private bool AnyExcluded(in FieldValue value, NumberMatching numbers)
    {
        foreach (Condition condition in Excluded)
            if (condition.Holds(value, numbers)) return true;
        return false;
    }
}
