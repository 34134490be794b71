using System.Text;

namespace SwarmOrleans.Contracts.Templates;

/// <summary>One execution of a template: its data, variables and output, within limits.</summary>
internal sealed class TemplateRun
{
    // Enough for any list of labels, and a fraction of a second.
    private const int MaxSteps = 200_000;

    private readonly List<(string Name, object? Value)> _variables;
    private int _steps;

    public TemplateRun(object? data, TemplateFunctions functions)
    {
        Dot = data;
        Functions = functions;
        _variables = [("$", data)];
    }

    public object? Dot { get; private set; }

    public TemplateFunctions Functions { get; }

    public StringBuilder Output { get; } = new();

    /// <summary>Number of variables that are known here; <see cref="Leave"/> forgets later ones.</summary>
    public int Scope => _variables.Count;

    public void Leave(int scope) => _variables.RemoveRange(scope, _variables.Count - scope);

    public void Step()
    {
        if (++_steps > MaxSteps)
        {
            throw new TemplateException($"the template needs more than {MaxSteps} steps");
        }
    }

    public void Write(string text)
    {
        if (Output.Length + text.Length > TextTemplate.MaxOutput)
        {
            throw new TemplateException($"the template makes more than {TextTemplate.MaxOutput} characters");
        }

        Output.Append(text);
    }

    public Flow WithDot(object? dot, Sequence body)
    {
        var outer = Dot;
        Dot = dot;
        var flow = body.Execute(this);
        Dot = outer;
        return flow;
    }

    public object? Get(string name) => _variables[IndexOf(name)].Value;

    public void Set(string name, object? value, bool isDeclaration)
    {
        if (isDeclaration)
        {
            _variables.Add((name, value));
        }
        else
        {
            _variables[IndexOf(name)] = (name, value);
        }
    }

    private int IndexOf(string name)
    {
        var index = _variables.FindLastIndex(v => v.Name == name);
        return index >= 0 ? index : throw new TemplateException($"undefined variable \"{name}\"");
    }
}
