namespace SwarmOrleans.Contracts.Templates;

/// <summary>
/// Text with actions between double braces, in the syntax of Go's text/template as far as services use it (TPL-1): fields, variables, pipelines, if, else,
/// with, range, break, continue, comments, trimming and the functions of <see cref="TemplateFunctions"/>. A key that a map lacks is an error.
/// Values are text, whole numbers, truth values, lists, maps with text keys and <see cref="TemplateRecord"/>s. Immutable.
/// </summary>
public sealed class TextTemplate
{
    /// <summary>Most characters that a template may make: payloads are up to 1 MB, and a loop must not fill the memory.</summary>
    public const int MaxOutput = 4 << 20;

    private readonly Sequence _body;

    private TextTemplate(Sequence body) => _body = body;

    /// <summary>True when the text has an action; other text is its own expansion.</summary>
    public static bool HasActions(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Contains("{{", StringComparison.Ordinal);
    }

    /// <summary>Reads a template.</summary>
    /// <exception cref="TemplateException">It is not one.</exception>
    public static TextTemplate Parse(string text) => new(new TemplateParser(TemplateLexer.Read(text)).ParseAll());

    /// <summary>Expands <paramref name="text"/>; without actions it is returned as it is.</summary>
    /// <exception cref="TemplateException">It is no template, or asks for something that is not there.</exception>
    public static string Expand(string text, object? data, TemplateFunctions functions) =>
        HasActions(text) ? Parse(text).Expand(data, functions) : text;

    /// <summary>The text that it makes of <paramref name="data"/>.</summary>
    /// <exception cref="TemplateException">It asks for something that is not there.</exception>
    public string Expand(object? data, TemplateFunctions functions)
    {
        var run = new TemplateRun(data, functions);
        _body.Execute(run);
        return run.Output.ToString();
    }
}
